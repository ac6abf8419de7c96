package adaptertest

import (
	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// readSentences are about single reads.
var readSentences = []sentence{
	{"Get reads the backend itself", testGet},
	{"Get of what is not there is NotFound", testGetNotFound},
	{"Nothing is done when the context has ended", testEndedContext},
}

func testGet(s *suite) {
	for _, schema := range []adapters.Schema{textKey, compositeKey} {
		b := s.open(Resource{Schema: schema})
		at := key("a")
		if len(schema.Key) == 2 {
			at = key("eu", "a")
		}
		for amount := range int64(3) {
			record := keyedRow(at, "name", amount)
			b.foreign(func(tx ForeignTransaction) error {
				if amount == 0 {
					return tx.Insert(record)
				}
				return tx.Update(record)
			})
			got, err := b.Adapter.Get(s.Context(), at) // nothing follows the backend
			s.noError(err, "getting a record that was just committed")
			if !got.Equal(record) {
				s.Errorf("Get returned %v, want %v", got, record)
			}
		}
	}
}

func testGetNotFound(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreignInsert(row("a", "first", 1))
	for _, missing := range []string{"b", "A", "a ", ""} {
		_, err := b.Adapter.Get(s.Context(), key(missing))
		s.wantCode(err, "Get of the key '"+missing+"'", adapters.NotFound)
	}
	b.foreignDelete(key("a"))
	_, err := b.Adapter.Get(s.Context(), key("a"))
	s.wantCode(err, "Get of a deleted key", adapters.NotFound)
}

func testEndedContext(s *suite) {
	b := s.open(Resource{Schema: textKey})
	b.foreignInsert(row("a", "first", 1))
	ctx := cancelled(s.Context())
	nothingDone := []adapters.Code{adapters.Timeout, adapters.Unavailable}
	_, err := b.Adapter.Head(ctx)
	s.wantCode(err, "Head", nothingDone...)
	_, err = b.Adapter.Get(ctx, key("a"))
	s.wantCode(err, "Get", nothingDone...)
	if writer, ok := b.Adapter.(adapters.Writer); ok {
		_, err = writer.Create(ctx, row("b", "never", 1))
		s.wantCode(err, "Create", nothingDone...)
		_, err = writer.Update(ctx, row("a", "first", 1), row("a", "never", 2))
		s.wantCode(err, "Update", nothingDone...)
		_, err = writer.Delete(ctx, row("a", "first", 1))
		s.wantCode(err, "Delete", nothingDone...)
	}
	b.wantStored(row("a", "first", 1))
}
