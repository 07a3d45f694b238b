package rehearsal

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Provenance says which program was rehearsed and where, so that a report can be traced and the rehearsal repeated.
type Provenance struct {
	// Revision is the commit that the sandbox was built from, and Modified whether the working tree had changes on top.
	// Revision is empty if it was not built in a repository.
	Revision string `json:"revision"`
	Modified bool   `json:"modified"`
	// RaceDetector is whether it watched the sandbox.
	RaceDetector bool `json:"raceDetector"`
	// Go is the compiler's version, Platform "<system>/<architecture>".
	Go         string `json:"go"`
	Platform   string `json:"platform"`
	Processors int    `json:"processors"`
}

// provenance is this program's own.
func provenance() Provenance {
	p := Provenance{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Processors: runtime.NumCPU()}
	if info, ok := debug.ReadBuildInfo(); ok {
		p.build(info.Settings)
	}
	return p
}

// build takes over what the go command noted when it built the program.
func (p *Provenance) build(settings []debug.BuildSetting) {
	for _, s := range settings {
		switch s.Key {
		case "vcs.revision":
			p.Revision = s.Value
		case "vcs.modified":
			p.Modified = s.Value == "true"
		case "-race":
			p.RaceDetector = s.Value == "true"
		}
	}
}

func (p Provenance) String() string {
	revision, race := "an unknown revision", ""
	if p.Revision != "" {
		revision = "revision " + p.Revision[:min(12, len(p.Revision))]
	}
	if p.Modified {
		revision += " with changes"
	}
	if p.RaceDetector {
		race = ", race detector on"
	}
	return fmt.Sprintf("%s; %s, %s, %d processors%s", revision, p.Go, p.Platform, p.Processors, race)
}
