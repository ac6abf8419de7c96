package sql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bridge-apiserver/bridge-apiserver/adapters"
	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/catalog"
)

// referenceRule is a foreign key of another table, seen from this one.
type referenceRule struct{ catalog.Reference }

// carriesDelete tells whether deleting a row changes rows of the other table.
func (r referenceRule) carriesDelete() bool { return catalog.Cascades(r.OnDelete) }

// carriesUpdate tells whether writing these columns changes rows of the other table.
func (r referenceRule) carriesUpdate(list []assignment) bool {
	return catalog.Cascades(r.OnUpdate) && slices.ContainsFunc(list, func(a assignment) bool {
		return slices.ContainsFunc(r.Referenced, func(name string) bool { return strings.EqualFold(name, a.codec.Info.Name) })
	})
}

// cascades refuses a write that a foreign key of another table would carry on there,
// unless the mapping allows it. Only foreign keys of tables on which the user has a
// privilege can be seen.
func (r *Resource) cascades(ctx context.Context, p *plan, carries func(referenceRule) bool) error {
	if r.config.AllowCascade || p.catalog.View {
		return nil
	}
	references, err := r.referring(ctx, p)
	if err != nil {
		return r.failed(ctx, p, "read which tables refer to table "+r.config.Table, err)
	}
	for _, reference := range references {
		if carries(referenceRule{reference}) {
			return &adapters.Error{Code: adapters.Forbidden, Message: fmt.Sprintf(
				"the database would carry the change on to rows of table %s (constraint %s): set allowCascade in the mapping to permit that",
				reference.Table, reference.Constraint)}
		}
	}
	return nil
}

// referring returns the foreign keys that refer to the table, which are remembered
// for a while.
func (r *Resource) referring(ctx context.Context, p *plan) ([]catalog.Reference, error) {
	if known, ok := p.referring.get(); ok {
		return known, nil
	}
	pools, err := r.backend.current()
	if err != nil {
		return nil, err
	}
	release, err := pools.readers.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	found, err := catalog.ReadReferring(ctx, pools.readers.db, p.catalog)
	if err != nil {
		return nil, err
	}
	p.referring.set(found)
	return found, nil
}
