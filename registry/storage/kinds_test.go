package storage_test

import "testing"

// kindScenarios are modelled on upstream's functions. They judge the product's codec
// where upstream's judge the storage with a test codec.
var kindScenarios = map[string]func(*testing.T, *kindStore){
	"Create":                     runKindCreate,
	"CreateWithKeyExist":         runKindCreateExisting,
	"Get":                        runKindGet,
	"GetOfBadRevisions":          runKindGetBadRevisions,
	"Update":                     runKindUpdate,
	"UpdateWithoutChange":        runKindUpdateWithoutChange,
	"UpdateWithConflict":         runKindUpdateWithConflict,
	"UpdateWithPreconditions":    runKindUpdateWithPreconditions,
	"UpdateOfMissing":            runKindUpdateOfMissing,
	"Delete":                     runKindDelete,
	"DeleteWithPreconditions":    runKindDeleteWithPreconditions,
	"DeleteWithConflict":         runKindDeleteWithConflict,
	"DeleteWithValidation":       runKindDeleteWithValidation,
	"List":                       runKindList,
	"ListPaging":                 runKindListPaging,
	"ListPagingWithSelector":     runKindListPagingWithSelector,
	"ListOfPastRevisions":        runKindListPast,
	"ListInconsistentContinue":   runKindListInconsistentContinue,
	"ListOfBadOptions":           runKindListBadOptions,
	"ForeignChanges":             runKindForeignChanges,
	"Watch":                      runKindWatch,
	"WatchWithSelector":          runKindWatchWithSelector,
	"WatchFromState":             runKindWatchFromState,
	"WatchList":                  runKindWatchList,
	"WatchFromExpiredRevision":   runKindWatchExpired,
	"WatchFromFutureRevision":    runKindWatchFuture,
	"WatchSharesEncodings":       runKindWatchSharesEncodings,
	"WatchOneObject":             runKindWatchOne,
	"WatchEndsWhenHistoryIsCut":  runKindWatchCut,
	"StatsAreExact":              runKindStats,
	"CurrentRevisionIsBackend's": runKindCurrentRevision,
}

// TestConformanceKinds runs the scenarios on declared kinds.
func TestConformanceKinds(t *testing.T) {
	for scope, declaration := range map[string]string{"Namespaced": namespacedKind, "Cluster": clusterKind} {
		t.Run(scope, func(t *testing.T) {
			for name, run := range kindScenarios {
				t.Run(name, func(t *testing.T) { run(t, newKindStore(t, declaration)) })
			}
		})
	}
}
