package manifests

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/bridge-apiserver/bridge-apiserver/apis/bridge/v1alpha1"
)

// checksumAnnotation on the pods makes a changed mapping replace them.
const checksumAnnotation = "bridge-apiserver.dev/mapping-checksum"

// replicas of a mapping that any number of processes can serve.
const replicas = 2

func (i *installation) completeDeployment(config Config, mapping *mappingFiles) error {
	deployment := &i.deployment
	if !polled(mapping.mapping) {
		count := int32(replicas)
		deployment.Spec.Replicas = &count
		deployment.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RollingUpdateDeploymentStrategyType}
	}
	deployment.Spec.Template.Annotations = map[string]string{checksumAnnotation: mapping.checksum()}
	pod := &deployment.Spec.Template.Spec
	container := &pod.Containers[0]
	container.Image = config.Image
	for _, variable := range variables(mapping.mapping) {
		container.Env = append(container.Env, fromSecret(variable, config.BackendsSecret))
	}
	volume(pod, "tls").Secret.SecretName = config.TLSSecret
	return mountFiles(pod, config, mapping)
}

// variables are the environment variables that the mapping reads, sorted.
func variables(mapping *v1alpha1.Mapping) []string {
	names := make(map[string]bool)
	for _, source := range valueSources(mapping) {
		if source.Env != "" {
			names[source.Env] = true
		}
	}
	return sortedKeys(names)
}

func valueSources(mapping *v1alpha1.Mapping) []*v1alpha1.ValueSource {
	var sources []*v1alpha1.ValueSource
	for _, backend := range mapping.Backends {
		if backend.Spec.MySQL == nil {
			continue
		}
		for _, source := range []*v1alpha1.ValueSource{backend.Spec.MySQL.DSNFrom, backend.Spec.MySQL.LogDSNFrom} {
			if source != nil {
				sources = append(sources, source)
			}
		}
	}
	return sources
}

// fromSecret is optional: without the secret the server still runs, and the backend's
// resources answer 503 with a message that names the variable.
func fromSecret(variable, secret string) corev1.EnvVar {
	optional := true
	return corev1.EnvVar{
		Name: variable,
		ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: variable, Optional: &optional,
		}},
	}
}

func volume(pod *corev1.PodSpec, name string) *corev1.Volume {
	return &pod.Volumes[slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == name })]
}

// mountFiles gives the pod the files that the mapping refers to: descriptor sets from
// the ConfigMap, secret ones from the Secret. Files below the mapping's directory are
// projected into it, others get a volume for each directory.
func mountFiles(pod *corev1.PodSpec, config Config, mapping *mappingFiles) error {
	byDirectory, err := secretFiles(mapping.mapping)
	if err != nil {
		return err
	}
	projected := volume(pod, "mapping").Projected
	projected.Sources[0].ConfigMap.Items = mapping.items()
	for number, directory := range sortedKeys(byDirectory) {
		items := secretItems(byDirectory[directory])
		optional := true
		if directory == "" {
			projected.Sources = append(projected.Sources, corev1.VolumeProjection{Secret: &corev1.SecretProjection{
				LocalObjectReference: corev1.LocalObjectReference{Name: config.BackendsSecret}, Items: items, Optional: &optional,
			}})
			continue
		}
		volumeName := fmt.Sprintf("backends-%d", number)
		mode := int32(0o440)
		pod.Volumes = append(pod.Volumes, corev1.Volume{Name: volumeName, VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: config.BackendsSecret, Items: items, Optional: &optional, DefaultMode: &mode},
		}})
		pod.Containers[0].VolumeMounts = append(pod.Containers[0].VolumeMounts,
			corev1.VolumeMount{Name: volumeName, MountPath: directory, ReadOnly: true})
	}
	return nil
}

// items says where the keys of the ConfigMap are mounted. Without descriptor sets each
// is at its own name, which needs no saying.
func (m *mappingFiles) items() []corev1.KeyToPath {
	if len(m.paths) == 0 {
		return nil
	}
	var items []corev1.KeyToPath
	for _, key := range sortedKeys(m.content) {
		at, isDescriptorSet := m.paths[key]
		if !isDescriptorSet {
			at = key
		}
		items = append(items, corev1.KeyToPath{Key: key, Path: filepath.ToSlash(at)})
	}
	return items
}

// secretFiles returns the secret files that the mapping refers to: by directory, with
// "" for the mapping's own, and below it by path. A file's base name is its key in the
// Secret, so that two files cannot share one.
func secretFiles(mapping *v1alpha1.Mapping) (map[string][]string, error) {
	byDirectory := make(map[string][]string)
	byKey := make(map[string]string)
	for _, file := range fileReferences(mapping) {
		if other, taken := byKey[path.Base(file)]; taken && other != file {
			return nil, fmt.Errorf("the files %s and %s would be the same key of the Secret: give them different names", other, file)
		}
		if problems := validation.IsConfigMapKey(path.Base(file)); len(problems) > 0 {
			return nil, fmt.Errorf("the file %s cannot be a key of a Secret: %s", file, strings.Join(problems, "; "))
		}
		if _, known := byKey[path.Base(file)]; known {
			continue
		}
		byKey[path.Base(file)] = file
		directory, below, err := place(file)
		if err != nil {
			return nil, err
		}
		byDirectory[directory] = append(byDirectory[directory], below)
	}
	return byDirectory, nil
}

// reservedDirectories cannot be covered by a volume of secret files.
var reservedDirectories = []string{"/", "/etc", "/etc/bridge-apiserver", "/etc/bridge-apiserver/tls", "/dev", "/proc", "/sys"}

// place returns the directory to mount at and the path below it.
func place(file string) (directory, below string, err error) {
	if !path.IsAbs(file) {
		if !filepath.IsLocal(file) {
			return "", "", fmt.Errorf("the file %s lies outside the mapping's directory: use an absolute path, or one below it", file)
		}
		return "", file, nil
	}
	file = path.Clean(file)
	if rest, inside := strings.CutPrefix(file, mappingDirectory+"/"); inside {
		return "", rest, nil
	}
	directory = path.Dir(file)
	if slices.Contains(reservedDirectories, directory) {
		return "", "", fmt.Errorf("the file %s cannot be mounted: a volume would cover %s; use a directory of its own, such as /etc/bridge-apiserver/backends", file, directory)
	}
	return directory, path.Base(file), nil
}

func fileReferences(mapping *v1alpha1.Mapping) []string {
	var files []string
	for _, source := range valueSources(mapping) {
		files = append(files, source.File)
	}
	for _, backend := range mapping.Backends {
		if grpc := backend.Spec.GRPC; grpc != nil && grpc.TLS != nil {
			files = append(files, grpc.TLS.CAFile, grpc.TLS.CertFile, grpc.TLS.KeyFile)
		}
	}
	return slices.DeleteFunc(files, func(file string) bool { return file == "" })
}

func secretItems(paths []string) []corev1.KeyToPath {
	slices.Sort(paths)
	var items []corev1.KeyToPath
	for _, at := range paths {
		items = append(items, corev1.KeyToPath{Key: path.Base(at), Path: filepath.ToSlash(at)})
	}
	return items
}

func sortedKeys[V any](entries map[string]V) []string {
	return slices.Sorted(maps.Keys(entries))
}
