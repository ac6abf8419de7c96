package differential

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
)

// get is storage.Interface.Get.
type get struct {
	at             place
	moment         moment
	ignoreNotFound bool
}

func (o get) String() string {
	return fmt.Sprintf("get %s revision=%s ignoreNotFound=%t", o.at.key(), o.moment, o.ignoreNotFound)
}

func (o get) perform(ctx context.Context, r *run) (string, error) {
	pod := &example.Pod{}
	options := storage.GetOptions{IgnoreNotFound: o.ignoreNotFound, ResourceVersion: o.moment.resolve(&r.revisions)}
	if err := r.store.Get(ctx, o.at.key(), options, pod); err != nil {
		return describeGetError(err, o.at.name), nil
	}
	return r.describe(pod), nil
}

// scope is what a list or watch covers: everything, a namespace, or one object.
type scope struct {
	namespace, name string
}

func (s scope) key() string {
	switch {
	case s.namespace == "":
		return resourcePrefix
	case s.name == "":
		return resourcePrefix + s.namespace + "/"
	default:
		return resourcePrefix + s.namespace + "/" + s.name
	}
}

func (s scope) recursive() bool { return s.name == "" }

// selection chooses objects by their content.
type selection struct {
	tier, node, name string
}

func (s selection) String() string {
	return fmt.Sprintf("tier=%q node=%q name=%q", s.tier, s.node, s.name)
}

func (s selection) predicate() storage.SelectionPredicate {
	predicate := storage.SelectionPredicate{Label: labels.Everything(), Field: fields.Everything(), GetAttrs: podAttributes}
	if s.tier != "" {
		predicate.Label = labels.SelectorFromSet(labels.Set{"tier": s.tier})
	}
	wanted := fields.Set{}
	if s.node != "" {
		wanted["spec.nodeName"] = s.node
	}
	if s.name != "" {
		wanted["metadata.name"] = s.name
	}
	if len(wanted) > 0 {
		predicate.Field = wanted.AsSelector()
	}
	return predicate
}

// list is storage.Interface.GetList.
type list struct {
	scope     scope
	selection selection
	limit     int64
	moment    moment
	match     metav1.ResourceVersionMatch
	// token is a forged continue token.
	token string
}

func (o list) String() string {
	return fmt.Sprintf("list %s %s limit=%d revision=%s match=%q token=%q", o.scope.key(), o.selection, o.limit, o.moment, o.match, o.token)
}

func (o list) perform(ctx context.Context, r *run) (string, error) {
	options := storage.ListOptions{
		Recursive:            o.scope.recursive(),
		ResourceVersion:      o.moment.resolve(&r.revisions),
		ResourceVersionMatch: o.match,
	}
	return r.list(ctx, page{scope: o.scope, selection: o.selection, token: o.token}, o.limit, options)
}

// page is where a list stopped.
type page struct {
	scope     scope
	selection selection
	token     string
}

// more goes on with a page that an earlier list of the run began.
type more struct {
	// back: with the page this many before the last.
	back   int
	limit  int64
	moment moment
}

func (o more) String() string {
	return fmt.Sprintf("list on, page last-%d limit=%d revision=%s", o.back, o.limit, o.moment)
}

func (o more) perform(ctx context.Context, r *run) (string, error) {
	index := len(r.pages) - 1 - o.back
	if index < 0 {
		return "no such page", nil
	}
	options := storage.ListOptions{Recursive: true, ResourceVersion: o.moment.resolve(&r.revisions)}
	return r.list(ctx, r.pages[index], o.limit, options)
}

func (r *run) list(ctx context.Context, from page, limit int64, options storage.ListOptions) (string, error) {
	options.Predicate = from.selection.predicate()
	options.Predicate.Limit, options.Predicate.Continue = limit, from.token
	pods := &example.PodList{}
	if err := r.store.GetList(ctx, from.scope.key(), options, pods); err != nil {
		return describeListError(err), nil
	}
	if pods.Continue != "" {
		r.pages = append(r.pages, page{scope: from.scope, selection: from.selection, token: pods.Continue})
	}
	return r.describeList(pods)
}

func (r *run) describeList(pods *example.PodList) (string, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "list@%s items=%d nil=%t", r.revisions.ordinal(pods.ResourceVersion), len(pods.Items), pods.Items == nil)
	if pods.RemainingItemCount != nil {
		fmt.Fprintf(&text, " remaining=%d", *pods.RemainingItemCount)
	}
	if pods.Continue != "" {
		token, err := r.describeToken(pods.Continue)
		if err != nil {
			return "", err
		}
		text.WriteString(" continue=" + token)
	}
	for i := range pods.Items {
		text.WriteString("\n" + r.describe(&pods.Items[i]))
	}
	return text.String(), nil
}

// describeToken shows what upstream's tokens say: where to go on and at which revision.
func (r *run) describeToken(token string) (string, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", fmt.Errorf("continue token %q: %w", token, err)
	}
	var content struct {
		Version  string `json:"v"`
		Revision int64  `json:"rv"`
		Start    string `json:"start"`
	}
	if err := json.Unmarshal(decoded, &content); err != nil {
		return "", fmt.Errorf("continue token %q: %w", decoded, err)
	}
	if content.Revision < 0 {
		return fmt.Sprintf("%s from %q at any revision", content.Version, content.Start), nil
	}
	return fmt.Sprintf("%s from %q at %s", content.Version, content.Start, r.revisions.ordinal(strconv.FormatInt(content.Revision, 10))), nil
}

// count is the number of objects in storage.Interface.Stats.
type count struct{}

func (count) String() string { return "stats" }

func (count) perform(ctx context.Context, r *run) (string, error) {
	stats, err := r.store.Stats(ctx)
	if err != nil {
		return describeListError(err), nil
	}
	return fmt.Sprintf("%d objects", stats.ObjectCount), nil
}

// head is storage.Interface.GetCurrentResourceVersion.
type head struct{}

func (head) String() string { return "current revision" }

func (head) perform(ctx context.Context, r *run) (string, error) {
	revision, err := r.store.GetCurrentResourceVersion(ctx)
	if err != nil {
		return describeListError(err), nil
	}
	return r.revisions.ordinal(strconv.FormatUint(revision, 10)), nil
}

// compact forgets the history before a revision, as etcd does every few minutes.
type compact struct {
	back int
}

func (o compact) String() string { return fmt.Sprintf("compact up to last-%d", o.back) }

func (o compact) perform(ctx context.Context, r *run) (string, error) {
	revision := r.revisions.back(o.back)
	if err := r.catchUp(ctx); err != nil {
		return "", err
	}
	if revision <= r.compacted {
		return "already compacted", nil
	}
	if err := r.subject.compact(ctx, revision); err != nil {
		return "", err
	}
	r.compacted = revision
	return "compacted", nil
}

// justBeforeCompaction reports whether a revision is the last one before the one that
// the history was compacted at.
func (r *run) justBeforeCompaction(revision string) bool {
	place := slices.Index(r.revisions.known, r.compacted)
	return place > 0 && revision == strconv.FormatUint(r.revisions.known[place-1], 10)
}
