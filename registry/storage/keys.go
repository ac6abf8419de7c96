package storage

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// objectKey checks a storage key and returns it without the prefix.
func (s *Store) objectKey(key string) (string, error) {
	key, err := storage.PrepareKey(s.config.Prefix, key, false)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(key, s.config.Prefix), nil
}

// storageKey is the inverse of objectKey.
func (s *Store) storageKey(objectKey string) string { return s.config.Prefix + objectKey }

// nameOf returns the name in an object key, for messages.
func nameOf(objectKey string) string {
	return objectKey[strings.LastIndexByte(objectKey, '/')+1:]
}

// parseRevision parses the resourceVersion of a request. Zero means none, or any.
func (s *Store) parseRevision(text string) (adapters.Revision, error) {
	parsed, err := s.versioner.ParseResourceVersion(text)
	if err != nil {
		return 0, apierrors.NewBadRequest("invalid resource version: " + err.Error())
	}
	if adapters.Revision(parsed) > adapters.MaxRevision {
		return 0, apierrors.NewBadRequest("invalid resource version: " + text + " is above " + adapters.MaxRevision.String())
	}
	return adapters.Revision(parsed), nil
}

// revisionOf returns the resourceVersion of an object, zero where it has none.
func (s *Store) revisionOf(obj runtime.Object) uint64 {
	revision, err := s.versioner.ObjectResourceVersion(obj)
	if err != nil {
		return 0
	}
	return revision
}

// span is a range of object keys, from inclusive, to exclusive; an empty to is no limit.
type span struct{ from, to string }

func spanOf(prefix string) span { return span{from: prefix, to: prefixEnd(prefix)} }

func (r span) contains(key string) bool { return key >= r.from && (r.to == "" || key < r.to) }

// startAt returns the part of the span from key on.
func (r span) startAt(key string) span { return span{from: max(r.from, key), to: r.to} }

// prefixEnd returns the lowest string above all those that begin with prefix, or ""
// where there is none.
func prefixEnd(prefix string) string {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return string(end[:i+1])
		}
	}
	return ""
}
