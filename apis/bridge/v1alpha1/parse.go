package v1alpha1

import (
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// parse decodes, defaults and validates. The mapping is complete only where there
// are no faults.
func parse(sources []Source) (*Mapping, Errors) {
	var documents []*document
	var syntaxFaults Errors
	for _, source := range sources {
		parsed, faults := parseFile(source)
		documents = append(documents, parsed...)
		syntaxFaults = append(syntaxFaults, faults...)
	}
	for _, parsed := range documents {
		parsed.validate()
	}
	validateTogether(documents)

	mapping := &Mapping{documents: make(map[*BridgedResource]*document)}
	for _, parsed := range documents {
		parsed.resolveFiles()
		mapping.add(parsed)
	}
	faults := inOrder(sources, documents, syntaxFaults)
	if len(faults) == 0 && len(mapping.Resources) == 0 && len(sources) > 0 {
		faults = Errors{{File: sources[0].Name, Message: "declares no resource: a mapping needs at least one document of kind " + BridgedResourceKind}}
	}
	return mapping, faults
}

func (m *Mapping) add(parsed *document) {
	if parsed.backend != nil {
		m.Backends = append(m.Backends, parsed.backend)
	}
	if parsed.resource != nil {
		m.Resources = append(m.Resources, parsed.resource)
		m.documents[parsed.resource] = parsed
	}
}

// inOrder collects the faults of each file, sorted by where they stand.
func inOrder(sources []Source, documents []*document, syntaxFaults Errors) Errors {
	var all Errors
	for _, source := range sources {
		var faults Errors
		for _, parsed := range documents {
			if parsed.file == source.Name {
				faults = append(faults, parsed.faults...)
			}
		}
		for _, fault := range syntaxFaults {
			if fault.File == source.Name {
				faults = append(faults, fault)
			}
		}
		faults.sortByPosition()
		all = append(all, faults...)
	}
	return all
}

func (d *document) validate() {
	if d.backend != nil {
		d.backend.SetDefaults()
		d.report(d.backend.Validate())
	}
	if d.resource != nil {
		d.resource.SetDefaults()
		d.report(d.resource.Validate())
	}
}

// report adds validation errors, without those that only follow from a field that
// could not be decoded.
func (d *document) report(list field.ErrorList) {
	decodeFaults := d.faults
	for _, invalid := range list {
		if !follows(invalid.Field, decodeFaults) {
			d.reportAt(invalid.Field, invalid.ErrorBody())
		}
	}
}

func (d *document) reportAt(path, message string) {
	at := d.positions.of(path)
	d.faults = append(d.faults, &Error{File: d.file, Line: at.line, Column: at.column, Field: path, Message: message})
}

func follows(path string, faults Errors) bool {
	for _, fault := range faults {
		if rest, below := strings.CutPrefix(path, fault.Field); below && fault.Field != "" && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// resolveFiles makes file references relative to the mapping file usable from anywhere.
func (d *document) resolveFiles() {
	if d.backend == nil {
		return
	}
	directory := filepath.Dir(d.file)
	if mysql := d.backend.Spec.MySQL; mysql != nil {
		for _, source := range []*ValueSource{mysql.DSNFrom, mysql.LogDSNFrom} {
			if source != nil {
				resolveFile(directory, &source.File)
			}
		}
	}
	if grpc := d.backend.Spec.GRPC; grpc != nil {
		resolveFile(directory, &grpc.DescriptorSet)
		if grpc.TLS != nil {
			resolveFile(directory, &grpc.TLS.CAFile)
			resolveFile(directory, &grpc.TLS.CertFile)
			resolveFile(directory, &grpc.TLS.KeyFile)
		}
	}
}

func resolveFile(directory string, file *string) {
	if *file != "" && !filepath.IsAbs(*file) {
		*file = filepath.Join(directory, *file)
	}
}
