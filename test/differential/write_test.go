package differential

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/apis/example"
	"k8s.io/apiserver/pkg/storage"
)

// create is storage.Interface.Create.
type create struct {
	at      place
	uid     string
	content content
	// versioned gives the object a resource version, which creates refuse.
	versioned bool
}

func (o create) String() string {
	return fmt.Sprintf("create %s uid=%s %s versioned=%t", o.at.key(), o.uid, o.content, o.versioned)
}

func (o create) perform(ctx context.Context, r *run) (string, error) {
	pod, out := o.at.pod(o.uid), &example.Pod{}
	o.content.applyTo(pod)
	if o.versioned {
		pod.ResourceVersion = "7"
	}
	if err := r.store.Create(ctx, o.at.key(), pod, out, 0); err != nil {
		return describeCreateError(err, o.at.name), nil
	}
	if err := r.wrote(ctx, out); err != nil {
		return "", err
	}
	return r.describe(out), nil
}

// hint is what a caller passes as the object that it believes to be stored.
type hint int

const (
	hintNone hint = iota
	hintLast
	hintPrevious
)

func (h hint) String() string { return [...]string{"none", "last", "previous"}[h] }

func (h hint) resolve(written []*example.Pod) runtime.Object {
	index := len(written) - int(h)
	if h == hintNone || index < 0 || index >= len(written) {
		return nil
	}
	return written[index].DeepCopy()
}

// conditions are storage.Preconditions.
type conditions struct {
	uid string
	// version: the object must have the revision of its write this many before the last.
	version int
}

const noVersion = -1

func (c conditions) String() string { return fmt.Sprintf("uid=%q version=%d", c.uid, c.version) }

func (c conditions) resolve(written []*example.Pod) *storage.Preconditions {
	resolved := &storage.Preconditions{}
	if c.uid != "" {
		uid := types.UID(c.uid)
		resolved.UID = &uid
	}
	if index := len(written) - 1 - c.version; c.version != noVersion && index >= 0 {
		resolved.ResourceVersion = &written[index].ResourceVersion
	}
	if resolved.UID == nil && resolved.ResourceVersion == nil {
		return nil
	}
	return resolved
}

// decision is how the function decides that a caller gives to an update or deletion.
type decision int

const (
	decideYes decision = iota
	decideNo
	// decideByNode refuses an object that is not on node n1: with a stale hint, the
	// first look may refuse what the second allows.
	decideByNode
)

func (d decision) String() string { return [...]string{"yes", "no", "if on n1"}[d] }

func (d decision) check(pod *example.Pod) error {
	if d == decideNo || d == decideByNode && pod.Spec.NodeName != "n1" {
		return apierrors.NewForbidden(podResource, pod.Name, fmt.Errorf("the caller refuses %q", pod.Spec.NodeName))
	}
	return nil
}

// update is storage.Interface.GuaranteedUpdate.
type update struct {
	at             place
	ignoreNotFound bool
	conditions     conditions
	decision       decision
	hint           hint
	content        content
	// unchanged returns the object as it was given.
	unchanged bool
	// meanwhile is what somebody else does between the first look and the write.
	meanwhile operation
}

func (o update) String() string {
	return fmt.Sprintf("update %s ignoreNotFound=%t if(%s) decision=%s hint=%s %s unchanged=%t meanwhile=[%v]",
		o.at.key(), o.ignoreNotFound, o.conditions, o.decision, o.hint, o.content, o.unchanged, o.meanwhile)
}

func (o update) perform(ctx context.Context, r *run) (string, error) {
	written, out := r.written[o.at], &example.Pod{}
	looks := &looks{run: r, meanwhile: o.meanwhile}
	err := r.store.GuaranteedUpdate(ctx, o.at.key(), out, o.ignoreNotFound, o.conditions.resolve(written),
		func(input runtime.Object, response storage.ResponseMeta) (runtime.Object, *uint64, error) {
			pod := input.(*example.Pod)
			if err := looks.look(ctx, pod); err != nil {
				return nil, nil, err
			}
			changed, err := o.change(pod)
			return changed, nil, err
		}, o.hint.resolve(written))
	if looks.failure != nil {
		return "", looks.failure
	}
	if err != nil {
		return looks.text() + describeUpdateError(err, o.at.name), nil
	}
	if err := r.updated(ctx, out); err != nil {
		return "", err
	}
	return looks.text() + r.describe(out), nil
}

func (o update) change(pod *example.Pod) (*example.Pod, error) {
	if err := o.decision.check(pod); err != nil {
		return nil, err
	}
	if o.unchanged && pod.Name != "" {
		return pod, nil
	}
	changed := pod.DeepCopy()
	changed.Namespace, changed.Name = o.at.namespace, o.at.name
	if changed.UID == "" {
		changed.UID = "uid-updated"
	}
	o.content.applyTo(changed)
	return changed, nil
}

// updated notes an update's result, which is an event only if its revision is new.
func (r *run) updated(ctx context.Context, out *example.Pod) error {
	if !r.revisions.isNew(out.ResourceVersion) {
		return nil
	}
	return r.wrote(ctx, out)
}

// remove is storage.Interface.Delete.
type remove struct {
	at         place
	conditions conditions
	decision   decision
	hint       hint
	meanwhile  operation
}

func (o remove) String() string {
	return fmt.Sprintf("delete %s if(%s) decision=%s hint=%s meanwhile=[%v]", o.at.key(), o.conditions, o.decision, o.hint, o.meanwhile)
}

func (o remove) perform(ctx context.Context, r *run) (string, error) {
	written, out := r.written[o.at], &example.Pod{}
	looks := &looks{run: r, meanwhile: o.meanwhile}
	validate := func(ctx context.Context, object runtime.Object) error {
		pod := object.(*example.Pod)
		if err := looks.look(ctx, pod); err != nil {
			return err
		}
		return o.decision.check(pod)
	}
	err := r.store.Delete(ctx, o.at.key(), out, o.conditions.resolve(written), validate, o.hint.resolve(written), storage.DeleteOptions{})
	if looks.failure != nil {
		return "", looks.failure
	}
	if err != nil {
		return looks.text() + describeDeleteError(err, o.at.name), nil
	}
	if err := r.wrote(ctx, out); err != nil {
		return "", err
	}
	return looks.text() + r.describe(out), nil
}

// looks notes every object that a store shows to the caller's function, and does
// what somebody else does meanwhile, at the first look.
type looks struct {
	*run
	meanwhile operation
	seen      []string
	failure   error
}

func (l *looks) look(ctx context.Context, pod *example.Pod) error {
	l.seen = append(l.seen, "saw "+l.describe(pod))
	if l.meanwhile == nil || len(l.seen) > 1 {
		return nil
	}
	answer, err := l.meanwhile.perform(ctx, l.run)
	if err != nil {
		l.failure = fmt.Errorf("meanwhile: %s: %w", l.meanwhile, err)
		return l.failure
	}
	l.seen = append(l.seen, "meanwhile "+answer)
	return nil
}

func (l *looks) text() string {
	if len(l.seen) == 0 {
		return ""
	}
	return strings.Join(l.seen, "\n") + "\n"
}
