package report

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
)

// revision is the commit that the program was built from, with "+changes" if the working tree had more. The Makefile
// sets it, since the go command's own stamp is off where a repository belongs to somebody else.
var revision string

// Provenance says which program was rehearsed and where, so that a report can be traced and the rehearsal repeated.
type Provenance struct {
	// Revision is a commit, "+changes" if the working tree had more, or "unknown".
	Revision string `json:"revision"`
	// RaceDetector is whether it watched the sandbox.
	RaceDetector bool `json:"raceDetector"`
	// Go is the compiler's version, Platform "<system>/<architecture>".
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	Processors int    `json:"processors"`
}

// provenance is this program's own.
func provenance() Provenance {
	p := Provenance{
		Revision:   cmp.Or(revision, "unknown"),
		Go:         runtime.Version(),
		Platform:   runtime.GOOS + "/" + runtime.GOARCH,
		Processors: runtime.NumCPU(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		p.RaceDetector = slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
	}
	return p
}

func (p Provenance) String() string {
	race := ""
	if p.RaceDetector {
		race = ", race detector on"
	}
	return fmt.Sprintf("revision %s, %s, %s, %d processors%s", p.Revision, p.Go, p.Platform, p.Processors, race)
}
