// Package claims are sentences of docs/sandbox-*.md about AWS, each with the calls that settle it: in an account, or in
// a sandbox, where every one of them has to come out as claimed. It imports nothing of the program and nothing of the
// sandbox, and calls AWS as anybody would, through its SDK.
package claims

import (
	"slices"
	"time"
)

// Claim is one sentence that calls can settle.
type Claim struct {
	// ID is stable: reports are compared by it. It begins with the service.
	ID string
	// Says is the sentence.
	Says string
	// Page and Row are where it is claimed: a page in docs, and words that stand in one row of its tables.
	Page, Row string
	// Makes are what it makes for the time of a run, a kind for each thing.
	Makes []*Kind

	// ask makes the calls and says what they were answered. Its error is a call that failed though nothing is claimed
	// about it.
	ask func(*Case) error
}

// Clusters is whether a claim needs clusters, which take minutes to be made.
func (c Claim) Clusters() bool {
	return slices.ContainsFunc(c.Makes, func(k *Kind) bool { return slices.Contains([]*Kind{cluster, lone, pair}, k) })
}

// All are the claims in the order in which they are asked. Those that need clusters come last.
func All() []Claim {
	return slices.Concat(
		stsClaims,
		quotaClaims,
		kmsClaims,
		snsClaims,
		sqsClaims,
		eventsClaims,
		cloudwatchClaims,
		schedulerClaims,
		lambdaClaims,
		stepFunctionsClaims,
		route53Claims,
		healthCheckClaims,
		acmClaims,
		backupClaims,
		dsqlClaims,
		sqlClaims,
		dsqlLastClaims,
	)
}

// Verdict is what became of a claim.
type Verdict string

// Verdicts. What was not asked is never as claimed.
const (
	AsClaimed Verdict = "as claimed"
	Differs   Verdict = "differs"
	NotAsked  Verdict = "could not be asked"
)

// Finding is what was seen of a claim.
type Finding struct {
	Claim   Claim
	Verdict Verdict
	// Seen are the answers as claimed, Differs those that are not, and Unasked why others are not known.
	Seen, Differs, Unasked []string
	// Made are the kinds of things that were made for it, a kind for each.
	Made []*Kind
	Took time.Duration
}
