package v1alpha1

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFileSize bounds one mapping file. A generated mapping of a thousand tables with
// a hundred columns each stays below it.
const maxFileSize = 32 << 20

// Mapping is everything that a set of mapping files declares: defaulted, validated,
// with relative file references resolved against the file that they stand in.
//
// +k8s:deepcopy-gen=false
type Mapping struct {
	Backends  []*Backend
	Resources []*BridgedResource

	documents map[*BridgedResource]*document
}

// Fault returns an error at a field of one of the mapping's resources, for checks
// that go beyond the file, such as compiling its rules. An empty path is the document.
func (m *Mapping) Fault(resource *BridgedResource, path, message string) *Error {
	fault := &Error{Field: path, Message: message}
	if from, known := m.documents[resource]; known {
		at := from.positions.of(path)
		fault.File, fault.Line, fault.Column = from.file, at.line, at.column
	}
	return fault
}

// Backend returns the backend with this name, or nil.
func (m *Mapping) Backend(name string) *Backend {
	for _, backend := range m.Backends {
		if backend.Name == name {
			return backend
		}
	}
	return nil
}

// Source is the content of one mapping file. Name is its path: it stands in errors,
// and its directory is what relative file references refer to.
//
// +k8s:deepcopy-gen=false
type Source struct {
	Name string
	Data []byte
}

// Load reads, defaults and validates the mapping files and directories named by
// paths, in that order. Of a directory, the files are read whose name ends in .yaml,
// .yml or .json, sorted by name and without those that start with a dot. The error
// is of type [Errors] and has every fault of every file.
func Load(paths []string) (*Mapping, error) {
	sources, faults := readSources(paths)
	mapping, parseFaults := parse(sources)
	if faults = append(faults, parseFaults...); len(faults) > 0 {
		return nil, faults
	}
	return mapping, nil
}

// Parse is [Load] on files that have been read already.
func Parse(sources ...Source) (*Mapping, error) {
	mapping, faults := parse(sources)
	if len(faults) > 0 {
		return nil, faults
	}
	return mapping, nil
}

// Files returns the mapping files that [Load] reads for the same paths, in order. The
// error is of type [Errors].
func Files(paths []string) ([]string, error) {
	files, faults := expand(paths)
	if len(faults) > 0 {
		return nil, faults
	}
	return files, nil
}

func readSources(paths []string) ([]Source, Errors) {
	files, faults := expand(paths)
	var sources []Source
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			faults = append(faults, &Error{File: file, Message: err.Error()})
			continue
		}
		sources = append(sources, Source{Name: file, Data: data})
	}
	return sources, faults
}

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if info.Size() > maxFileSize {
		return nil, fmt.Errorf("is %d bytes long, at most %d are read: split it into several files", info.Size(), maxFileSize)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return data, nil
}

func expand(paths []string) ([]string, Errors) {
	if len(paths) == 0 {
		return nil, Errors{{Message: "no mapping file is given: name a file or a directory"}}
	}
	var files []string
	var faults Errors
	for _, path := range paths {
		found, err := expandPath(path)
		if err != nil {
			faults = append(faults, &Error{File: path, Message: err.Error()})
		}
		for _, file := range found {
			if !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	return files, faults
}

func expandPath(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if !info.IsDir() {
		return []string{filepath.Clean(path)}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be listed: %w", err)
	}
	var files []string
	for _, entry := range entries {
		file := filepath.Join(path, entry.Name())
		if !isMappingFile(file) {
			continue
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("has no file whose name ends in .yaml, .yml or .json")
	}
	return files, nil
}

// isMappingFile looks at what a name refers to, because the files of a mounted
// ConfigMap are symbolic links beside directories that begin with a dot.
func isMappingFile(file string) bool {
	name := filepath.Base(file)
	if strings.HasPrefix(name, ".") {
		return false
	}
	if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
		return false
	}
	info, err := os.Stat(file)
	// A file that cannot be looked at is kept, so that reading it reports why.
	return err != nil || info.Mode().IsRegular()
}
