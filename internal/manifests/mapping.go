package manifests

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

const (
	configMapName = name + "-mapping"
	// mappingDirectory is where the ConfigMap is mounted.
	mappingDirectory = "/etc/bridge-apiserver/mapping"
	// maxConfigMapSize is what the API server takes, with room for the rest of the object.
	maxConfigMapSize = 1<<20 - 16<<10
)

// mappingFiles is a mapping and everything that goes into its ConfigMap.
type mappingFiles struct {
	// mapping has file references as they will be in the pod: relative ones to the
	// directory of the ConfigMap.
	mapping *v1alpha1.Mapping
	// content by key: the mapping files by their base names, and descriptor sets.
	content map[string][]byte
	// paths say where descriptor sets lie below the mapping directory, by key. Mapping
	// files lie at their key.
	paths map[string]string
}

// readMapping loads the mapping twice: from where it is, so that errors name the files
// that the caller knows, and as it will lie in the pod.
func readMapping(paths []string) (*mappingFiles, error) {
	here, err := v1alpha1.Load(paths)
	if err != nil {
		return nil, fmt.Errorf("the mapping is not valid:\n%w", err)
	}
	files, err := v1alpha1.Files(paths)
	if err != nil {
		return nil, err
	}
	read := &mappingFiles{content: make(map[string][]byte), paths: make(map[string]string)}
	var sources []v1alpha1.Source
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the mapping again: %w", err)
		}
		if !isMappingName(filepath.Base(file)) {
			return nil, fmt.Errorf("%s: the name must end in .yaml, .yml or .json, and not begin with a dot, to be found in the mounted directory", file)
		}
		if err := read.add(filepath.Base(file), data); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		sources = append(sources, v1alpha1.Source{Name: filepath.Base(file), Data: data})
	}
	if read.mapping, err = v1alpha1.Parse(sources...); err != nil {
		return nil, fmt.Errorf("the mapping is not valid in one directory:\n%w", err)
	}
	return read, errors.Join(read.addDescriptorSets(here), read.checkSecrets(), read.checkSize())
}

// isMappingName reports whether the server takes a file in a directory for a mapping.
func isMappingName(file string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(file)) && !strings.HasPrefix(file, ".")
}

// add puts a file into the ConfigMap, whose keys are one flat directory.
func (m *mappingFiles) add(key string, data []byte) error {
	for _, problem := range validation.IsConfigMapKey(key) {
		return fmt.Errorf("the name cannot be a key of a ConfigMap: %s", problem)
	}
	if other, taken := m.content[key]; taken && string(other) != string(data) {
		return fmt.Errorf("another file is called %s too, and a ConfigMap has no directories: rename one of them", key)
	}
	m.content[key] = data
	return nil
}

// addDescriptorSets takes in the descriptor sets that lie beside the mapping. The
// backends of both mappings are the same, in the same order.
func (m *mappingFiles) addDescriptorSets(here *v1alpha1.Mapping) error {
	for i, backend := range m.mapping.Backends {
		if backend.Spec.GRPC == nil || backend.Spec.GRPC.DescriptorSet == "" {
			continue
		}
		file, path := here.Backends[i].Spec.GRPC.DescriptorSet, backend.Spec.GRPC.DescriptorSet
		if filepath.IsAbs(path) || !filepath.IsLocal(path) {
			return fmt.Errorf("backend %s: spec.grpc.descriptorSet=%s: must lie beside the mapping file, or below, to get into the ConfigMap", backend.Name, path)
		}
		if isMappingName(filepath.Base(path)) {
			return fmt.Errorf("backend %s: spec.grpc.descriptorSet=%s: would be taken for a mapping in the mounted directory: let the name end in .binpb", backend.Name, path)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("backend %s: read spec.grpc.descriptorSet: %w", backend.Name, err)
		}
		key := filepath.Base(path)
		if err := m.add(key, data); err != nil {
			return fmt.Errorf("backend %s: spec.grpc.descriptorSet=%s: %w", backend.Name, path, err)
		}
		m.paths[key] = path
	}
	return nil
}

// checkSecrets refuses credentials in the mapping: a ConfigMap is no place for them.
func (m *mappingFiles) checkSecrets() error {
	var faults []error
	for _, backend := range m.mapping.Backends {
		if backend.Spec.MySQL != nil && backend.Spec.MySQL.DSN != "" {
			faults = append(faults, fmt.Errorf("backend %s: spec.mysql.dsn would put the password into a ConfigMap: use dsnFrom", backend.Name))
		}
	}
	return errors.Join(faults...)
}

func (m *mappingFiles) checkSize() error {
	size := 0
	for key, data := range m.content {
		size += len(key) + len(data)
	}
	if size > maxConfigMapSize {
		return fmt.Errorf("the mapping files are %d bytes long together, and a ConfigMap takes %d: run several servers with a part of the mapping each", size, maxConfigMapSize)
	}
	return nil
}

func (m *mappingFiles) configMap(namespace string) corev1.ConfigMap {
	made := corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: configMapName, Namespace: namespace, Labels: labels()},
		Data:       make(map[string]string),
		BinaryData: make(map[string][]byte),
	}
	for key, data := range m.content {
		if _, isDescriptorSet := m.paths[key]; isDescriptorSet || !utf8.Valid(data) {
			made.BinaryData[key] = data
			continue
		}
		made.Data[key] = string(data)
	}
	return made
}

// checksum changes whenever the content does, so that the pods are replaced then.
func (m *mappingFiles) checksum() string {
	hash := sha256.New()
	for _, key := range sortedKeys(m.content) {
		fmt.Fprintf(hash, "%d %s %d ", len(key), key, len(m.content[key]))
		hash.Write(m.content[key])
	}
	return hex.EncodeToString(hash.Sum(nil))
}
