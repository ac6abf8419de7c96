package sql

import (
	"sync"
	"time"

	"github.com/bridge-apiserver/bridge-apiserver/adapters/sql/internal/catalog"
)

// referringLifetime is how long a new foreign key may go unnoticed.
const referringLifetime = 30 * time.Second

// referringCache remembers the foreign keys that refer to a table.
type referringCache struct {
	mu    sync.Mutex
	known []catalog.Reference
	until time.Time
}

func (c *referringCache) get() ([]catalog.Reference, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known, time.Now().Before(c.until)
}

func (c *referringCache) set(found []catalog.Reference) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.until = found, time.Now().Add(referringLifetime)
}
