package adaptertest

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// recorder is a sink that remembers everything and objects to what no sink should
// ever see, whatever the test is about.
type recorder struct {
	suite        *suite
	schema       adapters.Schema
	capabilities adapters.Capabilities
	// before is called at the beginning of each delivery, outside the lock.
	before func(call string)

	calling atomic.Bool
	ended   atomic.Bool

	mu sync.Mutex
	// state is what the sink serves, loading the full state on its way.
	state, loading map[string]adapters.VersionedRecord
	inLoad         bool
	// position is the highest revision delivered; zero before the first full state.
	position adapters.Revision
	groups   [][]adapters.Change
	states   []adapters.State
	resets   int
	unwell   []error
	well     bool
	// moved is closed, and replaced, after every delivery.
	moved chan struct{}
}

func newRecorder(s *suite, b *backend, from *recorder) *recorder {
	r := &recorder{
		suite: s, schema: b.schema, capabilities: b.Adapter.Capabilities(),
		state: map[string]adapters.VersionedRecord{}, moved: make(chan struct{}),
	}
	if from != nil {
		r.state, r.position = from.state, from.position
	}
	return r
}

// enter begins a delivery and returns its end.
func (r *recorder) enter(call string) func() {
	if !r.calling.CompareAndSwap(false, true) {
		r.suite.Errorf("Sink.%s was called while another call had not returned", call)
	}
	if r.ended.Load() {
		r.suite.Errorf("Sink.%s was called after Sync had returned", call)
	}
	if r.before != nil {
		r.before(call)
	}
	r.mu.Lock()
	r.well = call != "Unwell"
	return func() {
		close(r.moved)
		r.moved = make(chan struct{})
		r.mu.Unlock()
		r.calling.Store(false)
	}
}

func (r *recorder) Reset(reason string) {
	defer r.enter("Reset")()
	if reason == "" {
		r.suite.Error("Reset came without a reason")
	}
	r.resets++
	r.inLoad = true
	r.loading = map[string]adapters.VersionedRecord{}
}

func (r *recorder) Load(records []adapters.VersionedRecord) {
	defer r.enter("Load")()
	if !r.inLoad {
		r.suite.Error("Load came without Reset")
		return
	}
	for _, record := range records {
		id := record.Record.Key.ID()
		if _, twice := r.loading[id]; twice {
			r.suite.Errorf("the full state has the key %s twice", record.Record.Key)
		}
		r.checkRecord(record.Record)
		r.checkRevision(record.Revision)
		r.loading[id] = record
	}
}

func (r *recorder) Loaded(state adapters.State) {
	defer r.enter("Loaded")()
	if !r.inLoad {
		r.suite.Error("Loaded came without Reset")
		return
	}
	r.checkRevision(state.At)
	r.checkRevision(state.Since)
	if state.Since > state.At {
		r.suite.Errorf("the full state is exact at %s, and its last change %s is later", state.At, state.Since)
	}
	for _, record := range r.loading {
		if record.Revision > state.At {
			r.suite.Errorf("the record %s of the full state at %s has revision %s", record.Record.Key, state.At, record.Revision)
		}
	}
	r.state, r.loading, r.inLoad = r.loading, nil, false
	r.states = append(r.states, state)
	r.position = state.At
}

func (r *recorder) Apply(changes []adapters.Change) {
	defer r.enter("Apply")()
	if len(changes) == 0 {
		r.suite.Error("Apply came without changes")
	}
	if r.inLoad {
		r.amend(changes)
		return
	}
	r.checkOutsideLoad("Apply")
	for _, change := range changes {
		r.apply(change)
	}
	r.groups = append(r.groups, slices.Clone(changes))
}

// amend performs changes of the full state under way.
func (r *recorder) amend(changes []adapters.Change) {
	for _, change := range changes {
		r.checkRevision(change.Revision)
		if change.After == nil {
			delete(r.loading, change.Key.ID())
			continue
		}
		r.checkRecord(*change.After)
		r.loading[change.Key.ID()] = adapters.VersionedRecord{Record: *change.After, Revision: change.Revision}
	}
}

func (r *recorder) apply(change adapters.Change) {
	r.checkRevision(change.Revision)
	if change.Revision <= r.position {
		r.suite.Errorf("the change of %s has revision %s, and %s was delivered before it", change.Key, change.Revision, r.position)
	}
	r.position = change.Revision
	r.checkBefore(change)
	if change.After == nil {
		if _, ok := r.state[change.Key.ID()]; !ok {
			r.suite.Errorf("revision %s deletes the record %s, which is not there", change.Revision, change.Key)
		}
		delete(r.state, change.Key.ID())
		return
	}
	r.checkRecord(*change.After)
	if !change.After.Key.Equal(change.Key) {
		r.suite.Errorf("the change of %s leaves a record with the key %s", change.Key, change.After.Key)
	}
	r.state[change.Key.ID()] = adapters.VersionedRecord{Record: *change.After, Revision: change.Revision}
}

func (r *recorder) checkBefore(change adapters.Change) {
	present, there := r.state[change.Key.ID()]
	switch {
	case change.Before == nil:
		if there && r.capabilities.BeforeImages {
			r.suite.Errorf("the change of %s at %s has no record before it, and there was %v", change.Key, change.Revision, present.Record)
		}
	case !there:
		r.suite.Errorf("the change of %s at %s says that there was %v before it, and there was none", change.Key, change.Revision, *change.Before)
	case !present.Record.Equal(*change.Before):
		r.suite.Errorf("the change of %s at %s says that there was %v before it, and there was %v",
			change.Key, change.Revision, *change.Before, present.Record)
	}
}

func (r *recorder) Progress(revision adapters.Revision) {
	defer r.enter("Progress")()
	r.checkOutsideLoad("Progress")
	r.checkRevision(revision)
	if revision < r.position {
		r.suite.Errorf("progress to %s was reported after %s had been delivered", revision, r.position)
	}
	r.position = revision
}

func (r *recorder) Unwell(err error) {
	defer r.enter("Unwell")()
	if err == nil {
		r.suite.Error("Unwell came without an error")
	}
	r.unwell = append(r.unwell, err)
}

func (r *recorder) checkOutsideLoad(call string) {
	if r.inLoad {
		r.suite.Errorf("%s came between Reset and Loaded", call)
	}
	if len(r.states) == 0 && r.position == 0 {
		r.suite.Errorf("%s came before any full state", call)
	}
}

func (r *recorder) checkRevision(revision adapters.Revision) {
	if revision == 0 || revision > adapters.MaxRevision {
		r.suite.Errorf("revision %s is outside 1 to %s", revision, adapters.MaxRevision)
	}
}

func (r *recorder) checkRecord(record adapters.Record) {
	if len(record.Key) != len(r.schema.Key) || len(record.Values) != len(r.schema.Fields) {
		r.suite.Errorf("the record %v does not have the shape of the schema", record)
		return
	}
	for i, field := range r.schema.Fields {
		if problem := misfit(field, record.Values[i]); problem != "" {
			r.suite.Errorf("the record %s has a field %s that is %s", record.Key, field.Name, problem)
		}
	}
}

// misfit says why a value cannot be the content of a field.
func misfit(field adapters.Field, value adapters.Value) string {
	want := map[adapters.Type]adapters.Kind{
		adapters.StringType: adapters.StringKind, adapters.BooleanType: adapters.BoolKind,
		adapters.IntegerType: adapters.IntKind, adapters.NumberType: adapters.FloatKind,
		adapters.FloatType: adapters.FloatKind, adapters.BytesType: adapters.BytesKind,
		adapters.JSONType: adapters.JSONKind, adapters.ListType: adapters.ListKind,
		adapters.MapType: adapters.MapKind, adapters.MessageType: adapters.MessageKind,
	}[field.Type]
	if value.IsNull() && !field.Required {
		return ""
	}
	if value.Kind() != want {
		return fmt.Sprintf("of kind %d, want %d", value.Kind(), want)
	}
	return ""
}
