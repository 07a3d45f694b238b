package config

import (
	"fmt"
	"regexp"
	"time"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/backups"
)

// Values of backups.restoreTest and backups.pairRestoreTest.
const (
	testWeekly    = "weekly"
	testDaily     = "daily"
	testQuarterly = "quarterly"
	testOff       = "off"
)

// Values of backups.lock.
const (
	lockNone       = "none"
	lockGovernance = "governance"
	lockCompliance = "compliance"
)

const (
	// maxDays is the longest retention that a vault's lock takes, a hundred years (AWS Backup API Reference,
	// PutBackupVaultLockConfiguration).
	maxDays = 36_500
	// coolingOff is the fewest days for which a compliance lock can be changed (ibid., ChangeableForDays).
	coolingOff = 3
	// leastAge is the longest gap between two runs of a plan, a day, and four hours for the backup and its copy.
	leastAge = 28 * time.Hour
	mostAge  = 14 * 24 * time.Hour
)

var (
	timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)
	iamRole   = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`)
)

// backups reads what is backed up; nil if nothing is.
func (r *reader) backups(from object, key string) *backups.Settings {
	fields := r.object(from, key)
	if len(fields.values) == 0 {
		return nil
	}
	s := &backups.Settings{
		DailyAt:              r.timeOfDay(fields, "dailyAt", 3*time.Hour),
		RetentionDays:        r.integer(fields, "retentionDays", 35, 1, maxDays),
		MonthlyRetentionDays: r.integer(fields, "monthlyRetentionDays", 365, 1, maxDays),
		MaximumAge:           r.duration(fields, "maximumAge", leastAge, leastAge, mostAge),
		BreakGlassRole:       r.breakGlassRole(fields, "breakGlassRole"),
	}
	if s.MonthlyRetentionDays < s.RetentionDays {
		r.problem(fields.path("monthlyRetentionDays"), fmt.Sprint(s.MonthlyRetentionDays),
			fmt.Sprintf("at least retentionDays, %d", s.RetentionDays))
	}
	s.Lock = r.lock(fields, s)
	r.restoreTests(fields, s)
	r.leftOver(fields)
	return s
}

// restoreTests reads how often what is restored.
func (r *reader) restoreTests(from object, s *backups.Settings) {
	switch r.choice(from, "restoreTest", testWeekly, testDaily, testOff) {
	case testWeekly:
		s.RestoreTest = backups.Weekly
	case testDaily:
		s.RestoreTest = backups.Daily
	}
	s.PairRestoreTest = r.choice(from, "pairRestoreTest", testOff, testQuarterly) == testQuarterly
	if s.PairRestoreTest && s.RestoreTest == backups.Never {
		r.problem(from.path("pairRestoreTest"), testQuarterly, "off while restoreTest is off: it is the same state machine")
	}
}

// timeOfDay reads the time since midnight.
func (r *reader) timeOfDay(from object, key string, missing time.Duration) time.Duration {
	value := r.text(from, key, "")
	if _, ok := from.look(key); !ok {
		return missing
	}
	if !timeOfDay.MatchString(value) {
		r.problem(from.path(key), value, `a time of day in UTC such as "03:00", in quotes`)
		return missing
	}
	at, _ := time.Parse("15:04", value)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

func (r *reader) breakGlassRole(from object, key string) string {
	value := r.text(from, key, "")
	if value != "" && !iamRole.MatchString(value) {
		r.problem(from.path(key), value, "the ARN of an IAM role, arn:aws:iam::<account>:role/<name>, or none")
	}
	return value
}

// lock reads the lock of the vaults; nil for none. Its bounds are those of the rules, unless they are wider.
func (r *reader) lock(from object, s *backups.Settings) *backups.Lock {
	mode := r.choice(from, "lock", lockNone, lockGovernance, lockCompliance)
	lock := &backups.Lock{
		MinimumDays:    r.integer(from, "lockMinimumDays", s.RetentionDays, 1, maxDays),
		MaximumDays:    r.integer(from, "lockMaximumDays", s.MonthlyRetentionDays, 1, maxDays),
		ChangeableDays: r.integer(from, "lockChangeableDays", 0, coolingOff, maxDays),
	}
	for _, key := range []string{"lockMinimumDays", "lockMaximumDays"} {
		if value, given := from.look(key); given && mode == lockNone {
			r.problem(from.path(key), value, "none without lock")
		}
	}
	if lock.MinimumDays > s.RetentionDays {
		r.problem(from.path("lockMinimumDays"), fmt.Sprint(lock.MinimumDays),
			fmt.Sprintf("at most retentionDays, %d: the vault would refuse the backups", s.RetentionDays))
	}
	if lock.MaximumDays < s.MonthlyRetentionDays {
		r.problem(from.path("lockMaximumDays"), fmt.Sprint(lock.MaximumDays),
			fmt.Sprintf("at least monthlyRetentionDays, %d: the vault would refuse the backups", s.MonthlyRetentionDays))
	}
	switch value, given := from.look("lockChangeableDays"); {
	case mode == lockCompliance && !given:
		r.problem(from.path("lockChangeableDays"), value, fmt.Sprintf("%d to %d days with lock compliance: "+
			"after them nobody can take the lock off or delete the vaults, AWS included", coolingOff, maxDays))
	case mode != lockCompliance && given:
		r.problem(from.path("lockChangeableDays"), value, "none without lock compliance: other locks can be taken off")
	}
	if mode == lockNone {
		return nil
	}
	return lock
}

// backupFunctions are the binaries that restore tests need.
func backupFunctions(s *backups.Settings) []string {
	if s == nil || s.RestoreTest == backups.Never {
		return nil
	}
	return components.BackupFunctions
}

// irrevocable warns of a lock that nobody takes off.
func irrevocable(s *backups.Settings) []string {
	if s == nil || s.Lock == nil || s.Lock.ChangeableDays == 0 {
		return nil
	}
	return []string{fmt.Sprintf("backups.lock is compliance: %d days after the deployment that makes it, nobody can take "+
		"it off, AWS included, and the vaults stay, and cost, until their last recovery point is %d days old. "+
		"Until then it can be taken off by lock: governance", s.Lock.ChangeableDays, s.MonthlyRetentionDays)}
}
