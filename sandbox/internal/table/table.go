// Package table is a map that is safe for concurrent use and lists its rows in the order of their keys. Rows are
// values: what is read is a copy, whose maps and slices must not be changed.
package table

import (
	"maps"
	"slices"
	"sync"
)

// Table holds rows of type T by key. The zero value is an empty table.
type Table[T any] struct {
	mu   sync.RWMutex
	rows map[string]T
}

// Get returns the row with this key.
func (t *Table[T]) Get(key string) (T, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	row, ok := t.rows[key]
	return row, ok
}

// Insert adds a row and says whether the key was free; a taken key keeps its row.
func (t *Table[T]) Insert(key string, row T) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.rows[key]; taken {
		return false
	}
	if t.rows == nil {
		t.rows = map[string]T{}
	}
	t.rows[key] = row
	return true
}

// Put adds a row or replaces the one there was.
func (t *Table[T]) Put(key string, row T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]T{}
	}
	t.rows[key] = row
}

// Update changes the row with this key and says whether there was one. Change must not use the table.
func (t *Table[T]) Update(key string, change func(row *T)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, ok := t.rows[key]
	if ok {
		change(&row)
		t.rows[key] = row
	}
	return ok
}

// Delete removes the row with this key and says whether there was one.
func (t *Table[T]) Delete(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.rows[key]
	delete(t.rows, key)
	return ok
}

// All returns every row in the order of the keys.
func (t *Table[T]) All() []T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	rows := make([]T, 0, len(t.rows))
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		rows = append(rows, t.rows[key])
	}
	return rows
}
