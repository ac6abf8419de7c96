package v1alpha1

import (
	"fmt"
	"regexp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// minMaxOpenConns leaves a connection for writes beside the one that follows changes.
const minMaxOpenConns = 2

var environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Validate reports every fault of the document that can be seen without the others.
// The document must have been defaulted.
func (b *Backend) Validate() field.ErrorList {
	var faults field.ErrorList
	faults = append(faults, validateText(field.NewPath("metadata", "name"), b.Name, validation.IsDNS1123Subdomain)...)
	spec := field.NewPath("spec")
	faults = append(faults, exactlyOne(spec, given("mysql", b.Spec.MySQL != nil), given("grpc", b.Spec.GRPC != nil))...)
	if b.Spec.MySQL != nil {
		faults = append(faults, b.Spec.MySQL.validate(spec.Child("mysql"))...)
	}
	if b.Spec.GRPC != nil {
		faults = append(faults, b.Spec.GRPC.validate(spec.Child("grpc"))...)
	}
	return faults
}

func (m *MySQLBackend) validate(path *field.Path) field.ErrorList {
	faults := exactlyOne(path, given("dsn", m.DSN != ""), given("dsnFrom", m.DSNFrom != nil))
	faults = append(faults, m.DSNFrom.validate(path.Child("dsnFrom"))...)
	faults = append(faults, m.LogDSNFrom.validate(path.Child("logDsnFrom"))...)
	faults = append(faults, oneOf(path.Child("watch"), m.Watch, WatchAuto, WatchBinlog, WatchPoll)...)
	faults = append(faults, validatePositive(path.Child("pollInterval"), m.PollInterval)...)
	if m.MaxOpenConns < minMaxOpenConns {
		faults = append(faults, field.Invalid(path.Child("maxOpenConns"), m.MaxOpenConns,
			fmt.Sprintf("must be at least %d: following changes and writing each need a connection", minMaxOpenConns)))
	}
	return append(faults, validateTimeZone(path.Child("timeZone"), m.TimeZone)...)
}

func validateTimeZone(path *field.Path, zone string) field.ErrorList {
	if zone == "" {
		return nil
	}
	// time.LoadLocation takes Local for the zone of the machine that this runs on,
	// which says nothing about the application's.
	_, unknown := time.LoadLocation(zone)
	_, noOffset := time.Parse("-07:00", zone)
	if unknown != nil && noOffset != nil || zone == "Local" {
		return field.ErrorList{field.Invalid(path, zone, "must be a zone of the IANA time zone database, such as Europe/Berlin or UTC, or an offset, such as +01:00")}
	}
	return nil
}

func (s *ValueSource) validate(path *field.Path) field.ErrorList {
	if s == nil {
		return nil
	}
	faults := exactlyOne(path, given("env", s.Env != ""), given("file", s.File != ""))
	if s.Env != "" && !environmentName.MatchString(s.Env) {
		faults = append(faults, field.Invalid(path.Child("env"), s.Env,
			"must be the name of an environment variable: letters, digits and underscores, not beginning with a digit"))
	}
	return faults
}

func (g *GRPCBackend) validate(path *field.Path) field.ErrorList {
	faults := exactlyOne(path, given("tls", g.TLS != nil), given("insecure", g.Insecure))
	if g.Address == "" {
		faults = append(faults, field.Required(path.Child("address"), "must be a gRPC target, such as dns:///idp.internal:5557"))
	}
	if g.TLS != nil && (g.TLS.CertFile == "") != (g.TLS.KeyFile == "") {
		faults = append(faults, field.Invalid(path.Child("tls"), missingOf("certFile", g.TLS.CertFile, "keyFile"),
			"certFile and keyFile must be given together, or neither"))
	}
	faults = append(faults, validatePositive(path.Child("timeout"), g.Timeout)...)
	return append(faults, validatePositive(path.Child("pollInterval"), g.PollInterval)...)
}

// missingOf returns a message that names which of two fields is absent.
func missingOf(first, firstValue, second string) string {
	if firstValue == "" {
		return "no " + first
	}
	return "no " + second
}

func validatePositive(path *field.Path, duration *metav1.Duration) field.ErrorList {
	if duration == nil || duration.Duration > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, duration.Duration.String(), "must be longer than 0s")}
}
