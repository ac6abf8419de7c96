package adaptertest

import (
	"context"
	"fmt"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// backend is a [Backend] with what tests do with it all the time.
type backend struct {
	Backend
	suite  *suite
	schema adapters.Schema
}

// writer returns the adapter as a writer, or skips the test.
func (b *backend) writer() adapters.Writer {
	b.suite.Helper()
	writer, ok := b.Adapter.(adapters.Writer)
	b.suite.needs(ok, "the adapter only reads")
	return writer
}

// foreign runs a transaction of the legacy application.
func (b *backend) foreign(do func(tx ForeignTransaction) error) {
	b.suite.Helper()
	b.suite.noError(b.Foreign.Transaction(b.suite.Context(), do), "a transaction of the legacy application")
}

func (b *backend) foreignInsert(records ...adapters.Record) {
	b.suite.Helper()
	b.foreign(func(tx ForeignTransaction) error {
		for _, record := range records {
			if err := tx.Insert(record); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *backend) foreignUpdate(record adapters.Record) {
	b.suite.Helper()
	b.foreign(func(tx ForeignTransaction) error { return tx.Update(record) })
}

func (b *backend) foreignDelete(key adapters.Key) {
	b.suite.Helper()
	b.foreign(func(tx ForeignTransaction) error { return tx.Delete(key) })
}

// create adds a record through the adapter.
func (b *backend) create(record adapters.Record) adapters.Receipt {
	b.suite.Helper()
	receipt, err := b.writer().Create(b.suite.Context(), record)
	b.suite.noError(err, fmt.Sprintf("creating %s", record.Key))
	return receipt
}

// head asks for the head.
func (b *backend) head() adapters.Revision {
	b.suite.Helper()
	head, err := b.Adapter.Head(b.suite.Context())
	b.suite.noError(err, "asking for the head")
	return head
}

// wantStored fails the test unless the backend has exactly these records.
func (b *backend) wantStored(want ...adapters.Record) {
	b.suite.Helper()
	stored, err := b.Foreign.Records(b.suite.Context())
	b.suite.noError(err, "reading the backend")
	b.suite.wantSame("the backend", byKey(stored), byKey(want))
}

// wantDelivered waits for the present head and fails the test unless the feed's state
// then is what the backend has.
func (b *backend) wantDelivered(feed *feed) {
	b.suite.Helper()
	feed.await(b.head())
	stored, err := b.Foreign.Records(b.suite.Context())
	b.suite.noError(err, "reading the backend")
	b.suite.wantSame("the feed", feed.recorder.present(), byKey(stored))
}

func (s *suite) wantSame(what string, got, want map[string]adapters.Record) {
	s.Helper()
	for id, record := range want {
		found, ok := got[id]
		switch {
		case !ok:
			s.Errorf("%s lacks the record %v", what, record)
		case !found.Equal(record):
			s.Errorf("%s has the record %v, want %v", what, found, record)
		}
	}
	for id, record := range got {
		if _, ok := want[id]; !ok {
			s.Errorf("%s has the record %v, which should not be there", what, record)
		}
	}
}

func byKey(records []adapters.Record) map[string]adapters.Record {
	indexed := make(map[string]adapters.Record, len(records))
	for _, record := range records {
		indexed[record.Key.ID()] = record
	}
	return indexed
}

// cancelled returns a context that has ended.
func cancelled(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	cancel()
	return ctx
}
