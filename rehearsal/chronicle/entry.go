// Package chronicle reads what happens in a deployed stack: what reaches people, what observers log, how alarms change,
// which faults come and go. It is the one place that says what any of this means; reports, the console and the command
// show it each in their way.
package chronicle

import (
	"time"
)

// Entry is something that happened.
type Entry struct {
	// Time is sandbox time.
	Time   time.Time
	Source Source
	Tone   Tone
	// Region is where it happened; "" for all of them.
	Region string
	// Lane is whom it concerns: a fault, an observer and an endpoint, an alarm, a client. Text says beside it what
	// happened.
	Lane string
	Text string
	// Title says both in a few words, and Detail more.
	Title  string
	Detail string
}

// Source is where an entry comes from.
type Source string

// The sources. An observer is heard twice: Probe is each probe that was not well and each decision, Verdict only what
// changes in its word about an endpoint. Told is a message that reached somebody.
const (
	Fault      Source = "fault"
	Probe      Source = "probe"
	Verdict    Source = "verdict"
	Alarm      Source = "alarm"
	Told       Source = "message"
	Client     Source = "client"
	Naming     Source = "name"
	Deployment Source = "deployment"
	Operator   Source = "operator"
	Rehearsal  Source = "rehearsal"
)

// LaneMessages is the lane of what people are told.
const LaneMessages = "messages"

// Tone is what an entry means to whoever operates the database, and how it changes its lane.
type Tone string

// The tones. Bad begins a bad time that Good ends; Warning and Note are single moments, and Quiet is no news.
const (
	Good    Tone = "good"
	Bad     Tone = "bad"
	Warning Tone = "warning"
	Note    Tone = "note"
	Quiet   Tone = "quiet"
)

// Remark is an entry about the whole, of a source that has one lane.
func Remark(at time.Time, source Source, tone Tone, text string) Entry {
	return Entry{
		Time:   at,
		Source: source,
		Tone:   tone,
		Lane:   string(source),
		Text:   text,
		Title:  text,
	}
}
