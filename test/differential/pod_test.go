package differential

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/apis/example"
	examplev1 "k8s.io/apiserver/pkg/apis/example/v1"
)

const resourcePrefix = "/pods/"

var (
	podResource = schema.GroupResource{Resource: "pods"}
	podCodec    = newPodCodec()
)

func newPodCodec() runtime.Codec {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	utilruntime.Must(example.AddToScheme(scheme))
	utilruntime.Must(examplev1.AddToScheme(scheme))
	return serializer.NewCodecFactory(scheme).LegacyCodec(examplev1.SchemeGroupVersion)
}

func newPod() runtime.Object     { return &example.Pod{} }
func newPodList() runtime.Object { return &example.PodList{} }

func podAttributes(object runtime.Object) (labels.Set, fields.Set, error) {
	pod, ok := object.(*example.Pod)
	if !ok {
		return nil, nil, fmt.Errorf("%T is not a pod", object)
	}
	return labels.Set(pod.Labels), fields.Set{
		"metadata.name":      pod.Name,
		"metadata.namespace": pod.Namespace,
		"spec.nodeName":      pod.Spec.NodeName,
	}, nil
}

// content is what an operation writes into a pod.
type content struct {
	tier, node, note string
}

func (c content) String() string {
	return fmt.Sprintf("tier=%q node=%q note=%q", c.tier, c.node, c.note)
}

func (c content) applyTo(pod *example.Pod) {
	pod.Labels, pod.Annotations = nil, nil
	if c.tier != "" {
		pod.Labels = map[string]string{"tier": c.tier}
	}
	if c.note != "" {
		pod.Annotations = map[string]string{"note": c.note}
	}
	pod.Spec.NodeName = c.node
}

// place is an object's namespace and name.
type place struct {
	namespace, name string
}

func (p place) key() string { return resourcePrefix + p.namespace + "/" + p.name }

func (p place) pod(uid string) *example.Pod {
	pod := &example.Pod{}
	pod.Namespace, pod.Name = p.namespace, p.name
	pod.UID = types.UID(uid)
	return pod
}

// describePod is the form in which pods are compared.
func describePod(pod *example.Pod, ordinal func(string) string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s/%s@%s uid=%s node=%q", pod.Namespace, pod.Name, ordinal(pod.ResourceVersion), pod.UID, pod.Spec.NodeName)
	describeMap(&text, "label", pod.Labels)
	describeMap(&text, "annotation", pod.Annotations)
	return text.String()
}

func describeMap(text *strings.Builder, title string, values map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(text, " %s %s=%q", title, name, values[name])
	}
}
