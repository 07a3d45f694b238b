package gotest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Figures are what benchmarks reported: values by unit, by "<package>.<benchmark>" such as "breaker.Do". Whoever reads
// them asks Missing afterwards.
type Figures struct {
	values  map[string]map[string]float64
	missing error
}

// result is a line such as "BenchmarkDo-2   1000   167.0 ns/op   0 B/op": a name with GOMAXPROCS behind it, if that is
// not 1, how often it ran, then values with units ("Go Benchmark Data Format",
// golang.org/design/14313-benchmark-format).
var result = regexp.MustCompile(`^Benchmark(\S*?)(-\d+)?\s+\d+\s+(\S.*)$`)

// Parse reads the benchmarks in the output of go test.
func Parse(output []byte) (*Figures, error) {
	f := &Figures{values: map[string]map[string]float64{}}
	var in string
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		if name, found := strings.CutPrefix(lines.Text(), "pkg: "); found {
			in = path.Base(name)
		}
		match := result.FindStringSubmatch(lines.Text())
		if match == nil {
			continue
		}
		values, err := parseValues(strings.Fields(match[3]))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		f.values[in+"."+match[1]] = values
	}
	return f, nil
}

func parseValues(fields []string) (map[string]float64, error) {
	if len(fields)%2 != 0 {
		return nil, errors.New("a value has no unit")
	}
	values := map[string]float64{}
	for i := 0; i < len(fields); i += 2 {
		value, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			return nil, err
		}
		values[fields[i+1]] = value
	}
	return values, nil
}

// Of is what a benchmark reported in a unit.
func (f *Figures) Of(benchmark, unit string) float64 {
	value, ok := f.values[benchmark][unit]
	if !ok {
		f.missing = errors.Join(f.missing, fmt.Errorf("benchmark %s has not reported %s", benchmark, unit))
	}
	return value
}

// Missing tells what was asked for and not there.
func (f *Figures) Missing() error { return f.missing }
