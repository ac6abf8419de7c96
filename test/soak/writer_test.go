package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// kubernetesPace is the time between two writes of one Kubernetes writer.
const kubernetesPace = 25 * time.Millisecond

// outcome is what a client knows about its write.
type outcome string

const (
	// acknowledged: the server said that it is done.
	acknowledged outcome = "acknowledged"
	// refused: the server said that nothing was done.
	refused outcome = "refused"
	// unknown: there was no answer, or one that doesn't say.
	unknown outcome = "unknown"
)

// attempt is one write of a Kubernetes client. A deletion's token is that of the
// state that it may delete, all others' is new.
type attempt struct {
	verb     string
	key      rowKey
	token    string
	deletion bool
	outcome  outcome
	err      error
}

// check says why the ledger contradicts what the client was told.
func (a attempt) check(l *ledger) string {
	entries := l.writes[a.token]
	if a.deletion {
		entries = l.deletions[a.token]
	}
	wrong := entries > 1
	switch a.outcome {
	case acknowledged:
		wrong = entries != 1
	case refused:
		// What somebody else deleted meanwhile is deleted, too.
		wrong = entries > 0 && !a.deletion
	}
	if !wrong {
		return ""
	}
	return fmt.Sprintf("%s of %s with token %s: %s (%v), and the ledger has it %d times", a.verb, a.key, a.token, a.outcome, a.err, entries)
}

// kubernetesWriter is a client that writes.
type kubernetesWriter struct {
	name   string
	client *client
	random *rand.Rand
	gate   *sync.RWMutex
	number int

	mu       sync.Mutex
	attempts []attempt
	problems []string
}

// newKubernetesWriter makes a writer that pauses while gate is locked.
func newKubernetesWriter(name string, client *client, gate *sync.RWMutex, seed uint64) *kubernetesWriter {
	return &kubernetesWriter{name: name, client: client, gate: gate, random: rand.New(rand.NewPCG(seed, 2))}
}

// run writes until ctx ends; a write that was begun is finished.
func (w *kubernetesWriter) run(ctx context.Context) {
	pace := time.NewTicker(kubernetesPace)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		w.gate.RLock()
		request, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		w.write(request)
		cancel()
		w.gate.RUnlock()
	}
}

func (w *kubernetesWriter) write(ctx context.Context) {
	w.number++
	key := rowKey{regions[w.random.IntN(len(regions))], plainCode(w.random)}
	token := fmt.Sprintf("%s-%d", w.name, w.number)
	switch w.random.IntN(5) {
	case 0, 1:
		w.create(ctx, key, token)
	case 2:
		w.update(ctx, key, token)
	case 3:
		w.patch(ctx, key, token)
	default:
		w.delete(ctx, key)
	}
}

func (w *kubernetesWriter) create(ctx context.Context, key rowKey, token string) {
	account := &Account{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.region, Name: key.code},
		Spec:       AccountSpec{Token: token, Balance: w.balance()},
	}
	answer := &Account{}
	err := w.client.request(w.client.rest.Post(), key.region).Body(account).Do(ctx).Into(answer)
	w.note(attempt{verb: "create", key: key, token: token, err: err}, answer)
}

func (w *kubernetesWriter) update(ctx context.Context, key rowKey, token string) {
	account, err := w.client.get(ctx, key)
	if err != nil {
		return
	}
	account.Spec.Token, account.Spec.Balance = token, w.balance()
	answer := &Account{}
	err = w.client.request(w.client.rest.Put(), key.region).Name(key.code).Body(account).Do(ctx).Into(answer)
	w.note(attempt{verb: "update", key: key, token: token, err: err}, answer)
}

func (w *kubernetesWriter) patch(ctx context.Context, key rowKey, token string) {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"token": token}})
	if err != nil {
		panic(fmt.Sprintf("encoding a map of strings: %v", err))
	}
	answer := &Account{}
	err = w.client.request(w.client.rest.Patch(types.MergePatchType), key.region).Name(key.code).Body(patch).Do(ctx).Into(answer)
	w.note(attempt{verb: "patch", key: key, token: token, err: err}, answer)
}

// delete deletes exactly the state that it has read.
func (w *kubernetesWriter) delete(ctx context.Context, key rowKey) {
	account, err := w.client.get(ctx, key)
	if err != nil {
		return
	}
	options := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &account.ResourceVersion}}
	err = w.client.request(w.client.rest.Delete(), key.region).Name(key.code).Body(options).Do(ctx).Error()
	w.note(attempt{verb: "delete", key: key, token: account.Spec.Token, deletion: true, err: err}, nil)
}

func (w *kubernetesWriter) balance() string {
	return fmt.Sprintf("%d.%02d", w.random.IntN(1e6), w.random.IntN(100))
}

// note records an attempt, and that the answer to a write is what was written.
func (w *kubernetesWriter) note(made attempt, answer *Account) {
	made.outcome = outcomeOf(made.err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, made)
	if made.outcome == acknowledged && answer != nil && answer.Spec.Token != made.token {
		w.problems = append(w.problems, fmt.Sprintf("the answer to %s of %s with token %s has token %q", made.verb, made.key, made.token, answer.Spec.Token))
	}
}

// outcomeOf reads an answer as a client may: a 4xx, and a 503 that invites to try
// again, say that nothing was done.
func outcomeOf(err error) outcome {
	if err == nil {
		return acknowledged
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return unknown
	}
	code := status.Status().Code
	if code >= http.StatusBadRequest && code < http.StatusInternalServerError {
		return refused
	}
	details := status.Status().Details
	if code == http.StatusServiceUnavailable && details != nil && details.RetryAfterSeconds > 0 {
		return refused
	}
	return unknown
}

func (w *kubernetesWriter) counts() map[outcome]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := map[outcome]int{}
	for _, made := range w.attempts {
		counts[made.outcome]++
	}
	return counts
}
