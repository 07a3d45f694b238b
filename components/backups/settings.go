package backups

import "time"

// Interval is how often a restore is tested.
type Interval int

// How often a restore is tested.
const (
	Never Interval = iota
	Daily
	Weekly
)

// grace is what a test may be late by: its backup, its restore, and a repetition by hand.
const grace = 12 * time.Hour

// Longest is how long ago the latest test that passed may be.
func (i Interval) Longest() time.Duration {
	if i == Daily {
		return 24*time.Hour + grace
	}
	return 7*24*time.Hour + grace
}

// Settings are what is backed up and tested, the same in both data regions.
type Settings struct {
	// DailyAt is when the primary's plan runs, since midnight UTC; the secondary's runs twelve hours later.
	DailyAt time.Duration
	// RetentionDays is how long a daily recovery point is kept, MonthlyRetentionDays the one of the 1st. Required.
	RetentionDays, MonthlyRetentionDays int
	// MaximumAge of the newest recovery point of each plan that has a twin. Required.
	MaximumAge time.Duration
	// Lock of the vaults. Optional; nil for none.
	Lock *Lock
	// BreakGlassRole is the ARN of the only IAM role that may delete recovery points. Optional; nobody may.
	BreakGlassRole string
	// RestoreTest is how often one cluster is restored in each data region. Optional; never.
	RestoreTest Interval
	// PairRestoreTest restores a pair once a quarter. Optional; defaults to off. It needs RestoreTest.
	PairRestoreTest bool
}

// Lock of a vault keeps recovery points from being deleted, and bounds how long those to come are kept.
type Lock struct {
	// MinimumDays and MaximumDays bound retentions. Required.
	MinimumDays, MaximumDays int
	// ChangeableDays makes it a compliance lock, which nobody takes off after as many days, three at least. Optional; 0 is
	// a governance lock.
	ChangeableDays int
}

// apart is how far apart the two plans run.
const apart = 12 * time.Hour

// At is when the plan of a side runs, the primary's being 0, since midnight UTC.
func (s Settings) At(side int) time.Duration { return s.DailyAt + time.Duration(side)*apart }

// testDelay is when a restore test starts after its region's plan: the backup and its copy are there by then.
const testDelay = 2 * time.Hour

// clock is a time of day in UTC.
type clock struct{ hour, minute int }

// at is the time of day some time after midnight.
func at(sinceMidnight time.Duration) clock {
	minutes := int(sinceMidnight/time.Minute) % (24 * 60)
	return clock{hour: minutes / 60, minute: minutes % 60}
}
