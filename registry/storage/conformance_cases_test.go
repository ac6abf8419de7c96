package storage_test

import (
	"context"
	"errors"
	"testing"

	apistorage "k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
)

// conformanceCase is one exported function of k8s.io/apiserver/pkg/storage/testing.
type conformanceCase struct {
	// function is its name.
	function string
	run      func(context.Context, *testing.T, *podStore)
	// skip is why no backend runs it.
	skip string
	// memoryOnly is why only the memory adapter runs it.
	memoryOnly string
}

const (
	corruptOnly = "about deleting or aggregating bytes in etcd that cannot be decrypted or decoded: " +
		"a record that cannot be represented is never served, so there is nothing to delete unsafely"
	unitRevisions = "expects that one write, or the hook, moves the revision by exactly one"
	fromOne       = "two of its cases watch from revision 1, which a history whose revisions are a clock does not reach"
	noTTL         = "a database deletes nothing by itself after a time: a time to live is refused"
)

func plain(run func(context.Context, *testing.T, apistorage.Interface)) func(context.Context, *testing.T, *podStore) {
	return func(ctx context.Context, t *testing.T, store *podStore) { run(ctx, t, store) }
}

var conformanceCases = []conformanceCase{
	{function: "RunTestCreate", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestCreate(ctx, t, s, s.checkStored)
	}},
	{function: "RunTestCreateWithTTL", run: plain(storagetesting.RunTestCreateWithTTL), memoryOnly: noTTL},
	{function: "RunTestCreateWithKeyExist", run: plain(storagetesting.RunTestCreateWithKeyExist)},
	{function: "RunTestGet", run: plain(storagetesting.RunTestGet), memoryOnly: noTTL},
	{function: "RunTestUnconditionalDelete", run: plain(storagetesting.RunTestUnconditionalDelete)},
	{function: "RunTestConditionalDelete", run: plain(storagetesting.RunTestConditionalDelete)},
	{function: "RunTestDeleteWithSuggestion", run: plain(storagetesting.RunTestDeleteWithSuggestion)},
	{function: "RunTestDeleteWithSuggestionAndConflict", run: plain(storagetesting.RunTestDeleteWithSuggestionAndConflict)},
	{function: "RunTestDeleteWithConflict", run: plain(storagetesting.RunTestDeleteWithConflict)},
	{function: "RunTestDeleteWithSuggestionOfDeletedObject", run: plain(storagetesting.RunTestDeleteWithSuggestionOfDeletedObject)},
	{function: "RunTestValidateDeletionWithSuggestion", run: plain(storagetesting.RunTestValidateDeletionWithSuggestion)},
	{function: "RunTestValidateDeletionWithOnlySuggestionValid", run: plain(storagetesting.RunTestValidateDeletionWithOnlySuggestionValid)},
	{function: "RunTestPreconditionalDeleteWithSuggestion", run: plain(storagetesting.RunTestPreconditionalDeleteWithSuggestion)},
	{function: "RunTestPreconditionalDeleteWithOnlySuggestionPass", run: plain(storagetesting.RunTestPreconditionalDeleteWithOnlySuggestionPass)},
	{function: "RunTestList", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestList(ctx, t, s, s.compact, false, nil)
	}, memoryOnly: unitRevisions},
	{function: "RunTestDeleteWithConflictAndMissingExpectedTransformOrDecodeError", skip: corruptOnly},
	{function: "RunTestDeleteExpectedTransformOrDecodeError", skip: corruptOnly},
	{function: "RunTestDeleteWithSuggestionAndMissingExpectedTransformOrDecodeError", skip: corruptOnly},
	{function: "RunTestConsistentList", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestConsistentList(ctx, t, s, s.increaseRevision, false, true, false)
	}, memoryOnly: unitRevisions},
	{function: "RunTestGetListNonRecursive", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestGetListNonRecursive(ctx, t, s.increaseRevision, s)
	}},
	{function: "RunTestGetListRecursivePrefix", run: plain(storagetesting.RunTestGetListRecursivePrefix)},
	{function: "RunTestGetListWithErrorAggregation", skip: corruptOnly},
	{function: "RunTestGetListWithoutErrorAggregation", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestGetListWithoutErrorAggregation(ctx, t, s, errors.New("bits flipped"))
	}},
	{function: "RunTestListContinuation", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestListContinuation(ctx, t, readCountingStore{s}, s.checkReads)
	}},
	{function: "RunTestListPaginationRareObject", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestListPaginationRareObject(ctx, t, readCountingStore{s}, s.checkReads)
	}},
	{function: "RunTestListContinuationWithFilter", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestListContinuationWithFilter(ctx, t, readCountingStore{s}, s.checkReads)
	}},
	{function: "RunTestListInconsistentContinuation", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestListInconsistentContinuation(ctx, t, s, s.compact)
	}},
	{function: "RunTestListResourceVersionMatch", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestListResourceVersionMatch(ctx, t, creatingStore{s})
	}},
	{function: "RunTestGuaranteedUpdate", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestGuaranteedUpdate(ctx, t, s, s.checkStored)
	}},
	{function: "RunTestGuaranteedUpdateWithTTL", run: plain(storagetesting.RunTestGuaranteedUpdateWithTTL), memoryOnly: noTTL},
	{function: "RunTestGuaranteedUpdateChecksStoredData", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestGuaranteedUpdateChecksStoredData(ctx, t, s)
	}},
	{function: "RunTestGuaranteedUpdateWithConflict", run: plain(storagetesting.RunTestGuaranteedUpdateWithConflict)},
	{function: "RunTestGuaranteedUpdateWithSuggestionAndConflict", run: plain(storagetesting.RunTestGuaranteedUpdateWithSuggestionAndConflict)},
	{function: "RunTestTransformationFailure", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestTransformationFailure(ctx, t, s)
	}},
	{function: "RunTestStats", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestStats(ctx, t, s, s.codec.codec, s.codec.current(), true)
	}},
	{function: "RunTestListPaging", run: plain(storagetesting.RunTestListPaging)},
	{function: "RunTestNamespaceScopedList", run: plain(storagetesting.RunTestNamespaceScopedList)},
	{function: "RunTestCompactRevision", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestCompactRevision(ctx, t, s, s.increaseRevision, s.compact)
	}, memoryOnly: unitRevisions},
	{function: "RunTestKeySchema", run: plain(storagetesting.RunTestKeySchema)},

	{function: "RunTestWatch", run: plain(storagetesting.RunTestWatch)},
	{function: "RunTestWatchFromZero", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestWatchFromZero(ctx, t, s, s.compact)
	}},
	{function: "RunTestDeleteTriggerWatch", run: plain(storagetesting.RunTestDeleteTriggerWatch)},
	{function: "RunTestWatchFromNonZero", run: plain(storagetesting.RunTestWatchFromNonZero)},
	{function: "RunTestDelayedWatchDelivery", run: plain(storagetesting.RunTestDelayedWatchDelivery)},
	{function: "RunTestWatchError", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestWatchError(ctx, t, s)
	}},
	{function: "RunTestWatchWithUnsafeDelete", skip: corruptOnly},
	{function: "RunTestWatchContextCancel", run: plain(storagetesting.RunTestWatchContextCancel)},
	{function: "RunTestWatcherTimeout", run: plain(storagetesting.RunTestWatcherTimeout)},
	{function: "RunTestWatchDeleteEventObjectHaveLatestRV", run: plain(storagetesting.RunTestWatchDeleteEventObjectHaveLatestRV)},
	{function: "RunTestWatchInitializationSignal", run: plain(storagetesting.RunTestWatchInitializationSignal)},
	{function: "RunOptionalTestProgressNotify", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunOptionalTestProgressNotify(ctx, t, s, s.increaseRevision)
	}},
	{function: "RunTestClusterScopedWatch", run: plain(storagetesting.RunTestClusterScopedWatch)},
	{function: "RunTestNamespaceScopedWatch", run: plain(storagetesting.RunTestNamespaceScopedWatch)},
	{function: "RunTestWatchDispatchBookmarkEvents", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunTestWatchDispatchBookmarkEvents(ctx, t, s, true)
	}},
	{function: "RunTestOptionalWatchBookmarksWithCorrectResourceVersion", run: plain(storagetesting.RunTestOptionalWatchBookmarksWithCorrectResourceVersion)},
	{function: "RunSendInitialEventsBackwardCompatibility", run: plain(storagetesting.RunSendInitialEventsBackwardCompatibility)},
	{function: "RunWatchSemantics", run: plain(storagetesting.RunWatchSemantics), memoryOnly: fromOne},
	{function: "RunWatchSemanticInitialEventsExtended", run: plain(storagetesting.RunWatchSemanticInitialEventsExtended)},
	{function: "RunWatchListMatchSingle", run: plain(storagetesting.RunWatchListMatchSingle)},
	{function: "RunWatchErrorIsBlockingFurtherEvents", run: func(ctx context.Context, t *testing.T, s *podStore) {
		storagetesting.RunWatchErrorIsBlockingFurtherEvents(ctx, t, s)
	}},
}
