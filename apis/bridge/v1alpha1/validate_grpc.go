package v1alpha1

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	protobufIdentifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	protobufName       = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
)

// conditionReasons are what an in-band error can become.
var conditionReasons = []string{"NotFound", "AlreadyExists", "Conflict", "Invalid", "Forbidden", "Unavailable", "Timeout", "TooManyRequests"}

func (s *BridgedResourceSpec) validateGRPCSource(path *field.Path) field.ErrorList {
	source := s.Source.GRPC
	faults := validateText(path.Child("service"), source.Service, checkProtobufName)
	if source.Message != "" {
		faults = append(faults, validateText(path.Child("message"), source.Message, checkProtobufName)...)
	}
	faults = append(faults, source.Key.validate(path.Child("key"), s.Scope)...)
	for _, method := range source.methods() {
		faults = append(faults, method.validate(path)...)
		faults = append(faults, s.validateMethodPresence(path, method)...)
	}
	if source.Watch != nil {
		faults = append(faults, source.Watch.validate(path.Child("watch"))...)
	}
	return faults
}

func checkProtobufName(name string) []string {
	if protobufName.MatchString(name) {
		return nil
	}
	return []string{"must be a full protobuf name, such as api.Client"}
}

func (k *GRPCKey) validate(path *field.Path, scope ResourceScope) field.ErrorList {
	names := path.Child("name", "fields")
	var faults field.ErrorList
	if len(k.Name.Fields) == 0 {
		faults = append(faults, field.Required(names, "must have the message fields of the record's key"))
	}
	again := repeated(k.Name.Fields)
	for i, name := range k.Name.Fields {
		faults = append(faults, validateText(names.Index(i), name, checkMessagePath)...)
		if again[i] {
			faults = append(faults, field.Duplicate(names.Index(i), name))
		}
	}
	faults = append(faults, validateNamespaceSource(path.Child("namespace"), k.Namespace, scope, "field", "column")...)
	if k.Namespace != nil && k.Namespace.Field != "" && slices.Contains(k.Name.Fields, k.Namespace.Field) {
		faults = append(faults, field.Invalid(path.Child("namespace", "field"), k.Namespace.Field, "is a field of the name already: a key field has one use"))
	}
	return faults
}

func checkMessagePath(path string) []string {
	if protobufName.MatchString(path) {
		return nil
	}
	return []string{"must be a field of the message, or a path of fields joined by dots"}
}

// namedMethod is one of a source's methods, with the verbs that need it.
type namedMethod struct {
	name   string
	verbs  []Verb
	method *GRPCMethod
}

func (g *GRPCSource) methods() []namedMethod {
	return []namedMethod{
		{"list", []Verb{VerbList}, g.List},
		// A record that no method reads on its own is taken from the list.
		{"get", nil, g.Get},
		{"create", []Verb{VerbCreate}, g.Create},
		{"update", []Verb{VerbUpdate, VerbPatch}, g.Update},
		{"delete", []Verb{VerbDelete}, g.Delete},
	}
}

// validateMethodPresence: with a message, absent methods follow the names that the
// API Improvement Proposals give them.
func (s *BridgedResourceSpec) validateMethodPresence(path *field.Path, method namedMethod) field.ErrorList {
	if method.method != nil || s.Source.GRPC.Message != "" {
		return nil
	}
	for _, verb := range method.verbs {
		if s.has(verb) {
			return field.ErrorList{field.Required(path.Child(method.name),
				fmt.Sprintf("the verb %s needs it; a service with standard method names needs only message", verb))}
		}
	}
	return nil
}

func (m namedMethod) validate(path *field.Path) field.ErrorList {
	if m.method == nil {
		return nil
	}
	path = path.Child(m.name)
	faults := validateText(path.Child("method"), m.method.Method, checkMethod)
	for i, condition := range m.method.Errors {
		at := path.Child("errors").Index(i)
		if strings.TrimSpace(condition.When) == "" {
			faults = append(faults, field.Required(at.Child("when"), "must be a CEL expression over response, such as response.not_found"))
		}
		faults = append(faults, oneOf(at.Child("reason"), condition.Reason, conditionReasons...)...)
	}
	for _, response := range []struct{ name, path string }{{"item", m.method.Item}, {"items", m.method.Items}} {
		if response.path != "" {
			faults = append(faults, validateText(path.Child(response.name), response.path, checkMessagePath)...)
		}
	}
	if m.method.Items != "" && m.name != "list" {
		faults = append(faults, field.Forbidden(path.Child("items"), "only the method list answers with several records; use item"))
	}
	if m.method.Item != "" && m.name == "list" {
		faults = append(faults, field.Forbidden(path.Child("item"), "the method list answers with several records; use items"))
	}
	return faults
}

func checkMethod(method string) []string {
	if protobufIdentifier.MatchString(method) {
		return nil
	}
	return []string{"must be the name of a method of the service, such as ListClients"}
}

func (w *GRPCWatch) validate(path *field.Path) field.ErrorList {
	faults := exactlyOne(path, given("poll", w.Poll != nil), given("stream", w.Stream != nil))
	if w.Poll != nil {
		faults = append(faults, validatePositive(path.Child("poll", "interval"), w.Poll.Interval)...)
	}
	if w.Stream != nil {
		faults = append(faults, validateText(path.Child("stream", "method"), w.Stream.Method, checkMethod)...)
	}
	return faults
}
