package storage

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/registry/mirror"
)

const (
	// maxRounds bounds how often a write is computed again because others were faster.
	maxRounds = 32
	// maxStuck bounds how often the backend may refuse a record that, as far as the
	// feed knows, it has.
	maxStuck = 3
)

// writable returns nil where a write may begin. While the feed is unwell, a write's own
// event would not come, so it is refused before anything happens.
func (s *Store) writable(verb string) error {
	if s.writer == nil {
		return s.readOnly(verb)
	}
	if err := s.ready(); err != nil {
		return err
	}
	if _, unwell := s.mirror.Unwell(); unwell != nil {
		return s.unavailable(unwell)
	}
	return nil
}

// confirm waits until the feed has delivered a committed write.
func (s *Store) confirm(ctx context.Context, revision adapters.Revision) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.WriteWait, errWaitedTooLong)
	defer cancel()
	if err := s.mirror.WaitFor(ctx, revision); err != nil {
		return s.statusError(&adapters.Error{
			Code: adapters.Unconfirmed, Message: "the backend's change feed has not shown the write in time", Err: err,
		}, "")
	}
	return nil
}

// answer waits for a committed creation or update and sets out to the object as it is at
// the write's revision. A nil out only waits.
func (s *Store) answer(ctx context.Context, objectKey string, receipt adapters.Receipt, out runtime.Object) error {
	if receipt.Revision == 0 {
		return s.answerPresent(ctx, objectKey, out)
	}
	if err := s.confirm(ctx, receipt.Revision); err != nil || out == nil {
		return err
	}
	entry, err := s.written(receipt)
	if err != nil {
		return err
	}
	return s.decodeOwn(entry, receipt.Revision, out)
}

// answerPresent answers a write that changed nothing.
func (s *Store) answerPresent(ctx context.Context, objectKey string, out runtime.Object) error {
	entry, err := s.freshEntry(ctx, objectKey)
	if err != nil || out == nil {
		return err
	}
	if entry == nil {
		return s.statusError(&adapters.Error{Code: adapters.NotFound}, objectKey)
	}
	return s.decodeOwn(entry, entry.Revision, out)
}

// written returns what a write has stored: from the history, where the feed has put
// it, or from the receipt.
func (s *Store) written(receipt adapters.Receipt) (*mirror.Entry, error) {
	if event := s.mirror.Event(receipt.Revision); event != nil && event.After != nil {
		return event.After, nil
	}
	image, size, err := s.codec.Image(receipt.Record, receipt.Revision)
	if err != nil {
		return nil, s.statusError(&adapters.Error{
			Code: adapters.Unconfirmed, Message: "what the backend has stored cannot be represented: " + err.Error(), Err: err,
		}, "")
	}
	key, err := s.codec.ObjectKey(receipt.Record.Key)
	if err != nil {
		return nil, s.statusError(&adapters.Error{
			Code: adapters.Unconfirmed, Message: "the key that the backend has given cannot be a name: " + err.Error(), Err: err,
		}, "")
	}
	return &mirror.Entry{Key: key, Image: image, Size: size, Revision: receipt.Revision}, nil
}

// decodeOwn sets out to an object that shares nothing with others.
func (s *Store) decodeOwn(entry *mirror.Entry, revision adapters.Revision, out runtime.Object) error {
	obj, err := s.object(entry, revision)
	if err != nil {
		return err
	}
	return setObject(out, obj.DeepCopyObject())
}

// expire gives a written record its time to live.
func (s *Store) expire(ctx context.Context, receipt adapters.Receipt, ttl uint64) error {
	if ttl == 0 || receipt.Revision == 0 {
		return nil
	}
	if err := s.expirer.Expire(ctx, receipt.Record.Key, receipt.Revision, time.Duration(ttl)*time.Second); err != nil {
		return s.statusError(&adapters.Error{
			Code: adapters.Unconfirmed, Message: "the object is stored, but could not be given its time to live", Err: err,
		}, "")
	}
	return nil
}

// rival reports whether a write failed because the record is not what it was read as,
// so that reading it again may help. An error that names fields is about other
// records, which it does not.
func rival(err error) bool {
	var known *adapters.Error
	if !errors.As(err, &known) {
		return false
	}
	switch known.Code {
	case adapters.Conflict:
		return len(known.Fields) == 0
	case adapters.NotFound, adapters.Exists:
		return true
	default:
		return false
	}
}

// contest decides whether a write that met a rival is tried again.
type contest struct {
	rounds, stuck int
}

// again reports whether to try again after the record has moved from one revision to
// another; zero stands for a record that isn't there.
func (c *contest) again(before, after adapters.Revision) bool {
	c.rounds++
	if before == after {
		c.stuck++
	}
	return c.rounds < maxRounds && c.stuck < maxStuck
}
