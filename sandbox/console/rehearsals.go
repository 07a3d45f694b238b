package console

import "time"

// Rehearsals are what can be rehearsed, one at a time.
type Rehearsals interface {
	// List lists the rehearsals there are.
	List() []Rehearsal
	// Start begins one. It is an error while another runs.
	Start(name string) error
	// Stop ends the one that runs, whose faults are undone.
	Stop() error
	// Latest is the one that runs or the last that ran; nil before the first.
	Latest() *Run
}

// Rehearsal is one that can be started.
type Rehearsal struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

// Run is a rehearsal that runs or has ended.
type Run struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // zero while it runs
	// Passed tells, at the end, whether every expectation and budget was kept; Outcome says it in words.
	Passed  bool   `json:"passed"`
	Outcome string `json:"outcome,omitempty"`
	Steps   []Step `json:"steps"`
}

// Step is something that happened in a run.
type Step struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
	// Failed tells that the step is one that should not have been.
	Failed bool `json:"failed,omitempty"`
}

type rehearsalsView struct {
	List   []Rehearsal `json:"list"`
	Latest *Run        `json:"latest,omitempty"`
}

// viewRehearsals is nil where there are none, and the page leaves them out.
func viewRehearsals(r Rehearsals) *rehearsalsView {
	if r == nil {
		return nil
	}
	return &rehearsalsView{append([]Rehearsal{}, r.List()...), r.Latest()}
}

func rehearsalEntries(r Rehearsals) []entry {
	if r == nil {
		return nil
	}
	run := r.Latest()
	if run == nil {
		return nil
	}
	entries := []entry{}
	for _, s := range run.Steps {
		tone := info
		if s.Failed {
			tone = bad
		}
		entries = append(entries, entry{Time: s.Time, Kind: "rehearsal", Tone: tone, Text: s.Text, Detail: run.Name})
	}
	return entries
}
