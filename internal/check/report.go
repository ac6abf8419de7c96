package check

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// Report is what a check found.
type Report struct {
	Valid     bool            `json:"valid"`
	Errors    v1alpha1.Errors `json:"errors,omitempty"`
	Backends  []Backend       `json:"backends,omitempty"`
	Resources []Resource      `json:"resources,omitempty"`
}

// Backend is one declared backend.
type Backend struct {
	Name string `json:"name"`
	// Kind is mysql or grpc.
	Kind string `json:"kind"`
	// Access says where the address and the credentials come from. It never holds them.
	Access string `json:"access"`
	Watch  string `json:"watch"`
	// Resources is the number of resources that use it.
	Resources int `json:"resources"`
}

// Resource is one declared resource.
type Resource struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Scope   string `json:"scope"`
	Backend string `json:"backend"`
	// Source is the table or service.
	Source string `json:"source"`
	// Fields is the number of fields with a value, ReadOnlyFields how many of them are never written.
	Fields         int      `json:"fields"`
	ReadOnlyFields int      `json:"readOnlyFields"`
	Verbs          []string `json:"verbs"`
}

func report(config Config, mapping *v1alpha1.Mapping, faults v1alpha1.Errors) error {
	summary := summarize(mapping, faults)
	if config.Format == JSON {
		encoder := json.NewEncoder(config.Out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(summary)
	}
	for _, fault := range faults {
		if _, err := fmt.Fprintln(config.Err, fault); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return nil
	}
	return summary.writeTable(config.Out)
}

func summarize(mapping *v1alpha1.Mapping, faults v1alpha1.Errors) Report {
	if len(faults) > 0 {
		return Report{Errors: faults}
	}
	summary := Report{Valid: true}
	uses := make(map[string]int)
	for _, resource := range mapping.Resources {
		uses[resource.Spec.Source.Backend]++
		summary.Resources = append(summary.Resources, describeResource(resource))
	}
	for _, backend := range mapping.Backends {
		described := describeBackend(backend)
		described.Resources = uses[backend.Name]
		summary.Backends = append(summary.Backends, described)
	}
	return summary
}

func describeBackend(backend *v1alpha1.Backend) Backend {
	described := Backend{Name: backend.Name}
	if mysql := backend.Spec.MySQL; mysql != nil {
		described.Kind, described.Access = "mysql", describeAccess(mysql)
		described.Watch = fmt.Sprintf("%s, %s", mysql.Watch, mysql.PollInterval.Duration)
		return described
	}
	grpc := backend.Spec.GRPC
	described.Kind, described.Access = "grpc", grpc.Address
	described.Watch = fmt.Sprintf("%s, %s", v1alpha1.WatchPoll, grpc.PollInterval.Duration)
	return described
}

func describeAccess(mysql *v1alpha1.MySQLBackend) string {
	switch {
	case mysql.DSNFrom == nil:
		return "dsn in the mapping"
	case mysql.DSNFrom.Env != "":
		return "environment variable " + mysql.DSNFrom.Env
	default:
		return "file " + mysql.DSNFrom.File
	}
}

func describeResource(resource *v1alpha1.BridgedResource) Resource {
	spec := resource.Spec
	described := Resource{
		Name: resource.Name, Version: spec.Version, Kind: spec.Names.Kind, Scope: string(spec.Scope),
		Backend: spec.Source.Backend,
	}
	if spec.Source.MySQL != nil {
		described.Source = spec.Source.MySQL.Table
	} else {
		described.Source = spec.Source.GRPC.Service
	}
	for _, verb := range spec.Verbs {
		described.Verbs = append(described.Verbs, string(verb))
	}
	for _, declared := range spec.Fields {
		if declared.Type == v1alpha1.TypeObject {
			continue
		}
		described.Fields++
		if declared.ReadOnly || !writes(spec.Verbs) {
			described.ReadOnlyFields++
		}
	}
	return described
}

func writes(verbs []v1alpha1.Verb) bool {
	return slices.ContainsFunc(verbs, func(verb v1alpha1.Verb) bool {
		return verb == v1alpha1.VerbCreate || verb == v1alpha1.VerbUpdate || verb == v1alpha1.VerbPatch
	})
}

func (r Report) writeTable(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	var text strings.Builder
	text.WriteString("BACKEND\tKIND\tACCESS\tWATCH\tRESOURCES\n")
	for _, b := range r.Backends {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%d\n", b.Name, b.Kind, b.Access, b.Watch, b.Resources)
	}
	text.WriteString("\nRESOURCE\tVERSION\tKIND\tSCOPE\tSOURCE\tFIELDS\tREAD-ONLY\tVERBS\n")
	for _, res := range r.Resources {
		fmt.Fprintf(&text, "%s\t%s\t%s\t%s\t%s/%s\t%d\t%d\t%s\n", res.Name, res.Version, res.Kind, res.Scope,
			res.Backend, res.Source, res.Fields, res.ReadOnlyFields, strings.Join(res.Verbs, ","))
	}
	fmt.Fprintf(&text, "\nThe mapping is valid: %d backends, %d resources.\n", len(r.Backends), len(r.Resources))
	if _, err := io.WriteString(table, text.String()); err != nil {
		return err
	}
	return table.Flush()
}
