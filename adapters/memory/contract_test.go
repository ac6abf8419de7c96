package memory_test

import (
	"context"
	"testing"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/adaptertest"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/memory"
)

func TestContract(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{Open: open(memory.Config{})})
}

func TestContractWithoutBeforeImages(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{Open: open(memory.Config{WithoutBeforeImages: true, LoadSize: 1})})
}

func open(config memory.Config) func(*testing.T, adaptertest.Resource) adaptertest.Backend {
	return func(t *testing.T, resource adaptertest.Resource) adaptertest.Backend {
		config := config
		config.Schema, config.Unique, config.GeneratedKey = resource.Schema, resource.Unique, resource.GeneratedKey
		table := memory.New(config)
		faults := memory.NewFaults(table)
		return adaptertest.Backend{
			Adapter:      faults,
			Foreign:      legacy{table},
			MoveRevision: func(*testing.T) { table.IncreaseRevision() },
			Disconnect:   func(*testing.T) { faults.Disconnect(nil) },
			Reconnect:    func(*testing.T) { faults.Reconnect() },
			Restart: func(*testing.T) {
				faults.Disconnect(nil)
				faults.Reconnect()
			},
			LosePosition: func(t *testing.T) {
				head, err := table.Head(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				table.Compact(head)
			},
		}
	}
}

// legacy plays the application that writes to the table directly.
type legacy struct{ table *memory.Adapter }

func (l legacy) Transaction(_ context.Context, do func(adaptertest.ForeignTransaction) error) error {
	_, err := l.table.Transaction(func(tx *memory.Transaction) error { return do(tx) })
	return err
}

func (l legacy) Records(context.Context) ([]adapters.Record, error) { return l.table.Records(), nil }
