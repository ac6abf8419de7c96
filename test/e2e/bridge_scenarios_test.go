package e2e

import "testing"

// TestBridge plays all scenarios in one world. `go test -run 'TestBridge/watch'` plays
// one of them.
func TestBridge(t *testing.T) {
	w := startWorld(t)
	for _, scenario := range []struct {
		name string
		play func(*testing.T, *world)
	}{
		{"manifests pass a server-side dry run", manifestsPassADryRun},
		{"kinds are found and explained", kindsAreFoundAndExplained},
		{"the cluster's OpenAPI has the kinds", theClustersOpenAPIHasTheKinds},
		{"rows are read with kubectl", rowsAreReadWithKubectl},
		{"rows are selected and paged", rowsAreSelectedAndPaged},
		{"foreign changes move a watch", foreignChangesMoveAWatch},
		{"rows are created and applied", rowsAreCreatedAndApplied},
		{"rows are patched and edited", rowsArePatchedAndEdited},
		{"rows are replaced, awaited and deleted", rowsAreReplacedAwaitedAndDeleted},
		{"dry runs and diffs write nothing", dryRunsAndDiffsWriteNothing},
		{"bad input is refused with its field", badInputIsRefusedWithItsField},
		{"the database makes the names", theDatabaseMakesTheNames},
		{"a user without rights is refused", aUserWithoutRightsIsRefused},
		{"the bridge itself asks who may", theBridgeItselfAsksWhoMay},
		{"admission policies apply", admissionPoliciesApply},
		{"the bridge may do little", theBridgeMayDoLittle},
		{"a typed client speaks protobuf", aTypedClientSpeaksProtobuf},
		{"a dynamic client", aDynamicClient},
		{"a metadata client", aMetadataClient},
		{"lists are paged at one revision", listsArePagedAtOneRevision},
		{"informers follow with watch-list", informersFollowWithWatchList},
		{"informers follow with list and watch", informersFollowWithListAndWatch},
		{"a controller reconciles rows", aControllerReconcilesRows},
		{"a deleted namespace leaves its rows", aDeletedNamespaceLeavesItsRows},
		{"controllers restart while the database is down", controllersRestartWhileTheDatabaseIsDown},
		{"the bridge restarts", theBridgeRestarts},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(t, w) })
	}
}
