package storage_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/sqltest"
)

// podTable keeps Pods as podSchema says. Its keys are compared byte by byte.
const podTable = `CREATE TABLE pods (
  namespace VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  data LONGBLOB NOT NULL,
  rewrites BIGINT NOT NULL,
  PRIMARY KEY (namespace, name)
) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`

// TestConformanceMariaDB runs upstream's tests of a storage on a real MariaDB.
func TestConformanceMariaDB(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a MariaDB")
	}
	for _, test := range conformanceCases {
		t.Run(test.function, func(t *testing.T) {
			if reason := test.skip + test.memoryOnly; reason != "" {
				t.Skip(reason)
			}
			store := newMariaDBPodStore(t)
			test.run(t.Context(), t, store)
		})
	}
}

// newMariaDBPodStore returns a store of Pods in a table of the test's own.
func newMariaDBPodStore(t *testing.T) *podStore {
	t.Helper()
	database := sqltest.Shared(t).Database(t)
	database.Exec(t, podTable)
	backend, err := sql.Open(sql.Config{
		Name:         "test",
		DSN:          func() (string, error) { return database.DSN(), nil },
		PollInterval: 50 * time.Millisecond,
		Logger:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Errorf("closing the backend: %v", err)
		}
	})
	adapter, err := backend.Resource(podResource)
	if err != nil {
		t.Fatal(err)
	}
	store := newPodStore(t, adapter)
	inserted := 0
	store.increase = func(ctx context.Context) (adapters.Revision, error) {
		inserted++
		database.Exec(t, "INSERT INTO pods VALUES ('elsewhere/', ?, '', 0)", inserted)
		return adapter.Head(ctx)
	}
	return store
}

var podResource = sql.ResourceConfig{
	Name:  "pods",
	Table: "pods",
	Key: []sql.Column{
		{Field: podSchema.Key[0], Column: "namespace"},
		{Field: podSchema.Key[1], Column: "name"},
	},
	Fields: []sql.Column{
		{Field: podSchema.Fields[0], Column: "data", Type: sql.TypeBytes},
		{Field: podSchema.Fields[1], Column: "rewrites", Type: sql.TypeInteger},
	},
}
