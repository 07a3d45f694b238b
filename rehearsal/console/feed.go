package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"sync"
)

// feed holds the latest state of each section of the page. A stream that falls behind skips what it missed, so nothing
// is ever queued.
type feed struct {
	mu       sync.Mutex
	revision int
	sections map[string]section
	changed  chan struct{} // closed and replaced by the next change
}

// section is one part of the page as JSON.
type section struct {
	name     string
	revision int
	data     []byte
}

func newFeed() *feed { return &feed{sections: map[string]section{}, changed: make(chan struct{})} }

// put replaces a section; one that is as it was is no news.
func (f *feed) put(name string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // sections are made of strings, numbers and times
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if bytes.Equal(f.sections[name].data, data) {
		return
	}
	f.revision++
	f.sections[name] = section{name, f.revision, data}
	close(f.changed)
	f.changed = make(chan struct{})
}

// since returns the sections that changed after a revision, in the order of their change, the revision to go on with,
// and a channel that closes with the next change.
func (f *feed) since(revision int) (news []section, next int, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sections {
		if s.revision > revision {
			news = append(news, s)
		}
	}
	slices.SortFunc(news, func(a, b section) int { return cmp.Compare(a.revision, b.revision) })
	return news, f.revision, f.changed
}
