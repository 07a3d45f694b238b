// Package memory measures what a process holds together with everything that it has started.
package memory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// interval is how often Watch looks.
const interval = time.Second

// Watch looks at the memory until stop is called, which returns the most that was held, in bytes.
func Watch() (stop func() int64) {
	stopped, peak := make(chan struct{}), make(chan int64)
	go func() {
		most := Held()
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, Held())
			case <-stopped:
				peak <- max(most, Held())
				return
			}
		}
	}()
	return func() int64 {
		close(stopped)
		return <-peak
	}
}

// Held is the resident memory of this process and of its descendants, in bytes. A page that several share is divided
// among them (proc_pid_smaps(5), Pss); one that has ended meanwhile holds nothing.
func Held() int64 {
	var held int64
	for _, pid := range family(os.Getpid()) {
		held += share(pid)
	}
	return held
}

// family is a process with its descendants.
func family(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // fails on a malformed pattern only
	children := map[int][]int{}
	for _, path := range stats {
		if child, parent, ok := readStat(path); ok {
			children[parent] = append(children[parent], child)
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = slices.Concat(all, children[all[i]])
	}
	return all
}

// readStat reads the ids of a process and of its parent (proc_pid_stat(5)): after the name, which may hold anything,
// comes the state.
func readStat(path string) (pid, parent int, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, false
	}
	var state string
	_, err = fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent)
	_, _ = fmt.Sscan(string(text), &pid)
	return pid, parent, err == nil
}

// share is a process's share of the memory that it holds.
func share(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			kibibytes, _ := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 10, 64)
			return kibibytes << 10
		}
	}
	return 0
}
