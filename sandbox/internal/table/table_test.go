package table

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRowsComeInTheOrderOfTheirKeys(t *testing.T) {
	var rows Table[int]
	assert.Empty(t, rows.All())
	rows.Put("b", 2)
	assert.True(t, rows.Insert("a", 1))
	assert.False(t, rows.Insert("a", 3), "a taken key keeps its row")
	assert.Equal(t, []int{1, 2}, rows.All())
	assert.True(t, rows.Update("a", func(row *int) { *row = 4 }))
	assert.False(t, rows.Update("c", func(row *int) { *row = 4 }))
	got, ok := rows.Get("a")
	assert.True(t, ok)
	assert.Equal(t, 4, got)
	assert.True(t, rows.Delete("a"))
	assert.False(t, rows.Delete("a"))
}

func TestManyWriteAtOnce(t *testing.T) {
	var rows Table[int]
	var writers sync.WaitGroup
	for i := range 100 {
		writers.Go(func() {
			rows.Insert("one", 0)
			rows.Update("one", func(row *int) { *row++ })
			rows.Put(fmt.Sprint(i), i)
		})
	}
	writers.Wait()
	one, _ := rows.Get("one")
	assert.Equal(t, 100, one)
	assert.Len(t, rows.All(), 101)
}
