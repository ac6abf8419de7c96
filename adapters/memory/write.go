package memory

import (
	"context"
	"slices"
	"strconv"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
)

// Create implements adapters.Writer.
func (a *Adapter) Create(ctx context.Context, record adapters.Record) (adapters.Receipt, error) {
	if err := contextError(ctx, "creating a record"); err != nil {
		return adapters.Receipt{}, err
	}
	return a.write(func(tx *Transaction) (adapters.Record, error) {
		record, err := a.withKey(record)
		if err != nil {
			return adapters.Record{}, err
		}
		return tx.insert(a.writable(record, nil))
	})
}

// Update implements adapters.Writer.
func (a *Adapter) Update(ctx context.Context, before, after adapters.Record) (adapters.Receipt, error) {
	if err := contextError(ctx, "updating a record"); err != nil {
		return adapters.Receipt{}, err
	}
	if !before.Key.Equal(after.Key) {
		return adapters.Receipt{}, adapters.Errorf(adapters.Internal,
			"an update from key %s to key %s: a key change is a deletion and a creation", before.Key, after.Key)
	}
	return a.write(func(tx *Transaction) (adapters.Record, error) {
		stored, err := a.believed(before)
		if err != nil {
			return adapters.Record{}, err
		}
		return tx.replace(stored, a.writable(after, &stored))
	})
}

// Delete implements adapters.Writer.
func (a *Adapter) Delete(ctx context.Context, before adapters.Record) (adapters.Receipt, error) {
	if err := contextError(ctx, "deleting a record"); err != nil {
		return adapters.Receipt{}, err
	}
	return a.write(func(tx *Transaction) (adapters.Record, error) {
		stored, err := a.believed(before)
		if err != nil {
			return adapters.Record{}, err
		}
		tx.remove(stored)
		return stored, nil
	})
}

// write performs one write as a transaction of its own.
func (a *Adapter) write(do func(tx *Transaction) (adapters.Record, error)) (adapters.Receipt, error) {
	a.lock()
	defer a.mu.Unlock()
	tx := &Transaction{adapter: a}
	record, err := do(tx)
	if err != nil {
		tx.rollback()
		return adapters.Receipt{}, err
	}
	return adapters.Receipt{Record: record, Revision: tx.commit()}, nil
}

// believed returns the stored record if it is what the caller believes.
func (a *Adapter) believed(before adapters.Record) (adapters.Record, error) {
	stored, ok := a.table.get(before.Key)
	if !ok {
		return adapters.Record{}, notFound(before.Key)
	}
	if !stored.Record.Equal(before) {
		return adapters.Record{}, adapters.Errorf(adapters.Conflict, "the record %s is not what it was read as; read it again", before.Key)
	}
	return stored.Record, nil
}

// withKey returns record with the key it is to be created under.
func (a *Adapter) withKey(record adapters.Record) (adapters.Record, error) {
	if !a.config.GeneratedKey {
		return record, nil
	}
	if len(record.Key) != 0 {
		return adapters.Record{}, &adapters.Error{
			Code:    adapters.Invalid,
			Message: "the backend generates the key",
			Fields: []adapters.FieldError{{
				Field: a.config.Schema.Key[0].Name, Reason: adapters.ImmutableValue, Detail: "leave the key empty",
			}},
		}
	}
	a.generated++
	record.Key = adapters.Key{adapters.String(strconv.FormatUint(a.generated, 10))}
	return record, nil
}

// writable returns record with its read-only fields as they are in the table.
func (a *Adapter) writable(record adapters.Record, stored *adapters.Record) adapters.Record {
	if len(record.Values) != len(a.config.Schema.Fields) {
		return record // refused by table.check
	}
	values := slices.Clone(record.Values)
	for i, field := range a.config.Schema.Fields {
		if !field.ReadOnly {
			continue
		}
		values[i] = adapters.Null
		if stored != nil {
			values[i] = stored.Values[i]
		}
	}
	return adapters.Record{Key: record.Key, Values: values}
}
