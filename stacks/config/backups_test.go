package config

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/components/backups"
)

// keeping is a configuration with backups.
func keeping(fields string) map[string]string {
	values := maps.Clone(valid())
	values["backups"] = "{" + fields + "}"
	return values
}

func TestBackupsAreRead(t *testing.T) {
	c, err := load(valid())
	require.NoError(t, err)
	assert.Nil(t, c.Backups)
	assert.NotContains(t, c.Functions(), "restoretest")

	c, err = load(keeping(`"dailyAt":"03:00"`))
	require.NoError(t, err)
	assert.Equal(t, &backups.Settings{
		DailyAt:              3 * time.Hour,
		RetentionDays:        35,
		MonthlyRetentionDays: 365,
		MaximumAge:           28 * time.Hour,
		RestoreTest:          backups.Weekly,
	}, c.Backups)
	assert.Subset(t, c.Functions(), []string{"restoretest", "restoreverify", "restoregrant"})
	assert.NotContains(t, c.Warnings(), "backups.lock")

	c, err = load(keeping(`"dailyAt":"23:59","retentionDays":7,"monthlyRetentionDays":7,"lock":"governance","lockMinimumDays":3,
		"lockMaximumDays":400,"breakGlassRole":"arn:aws:iam::123456789012:role/ops/break-glass","restoreTest":"daily",
		"pairRestoreTest":"quarterly","maximumAge":"48h"`))
	require.NoError(t, err)
	assert.Equal(t, &backups.Settings{
		DailyAt:              23*time.Hour + 59*time.Minute,
		RetentionDays:        7,
		MonthlyRetentionDays: 7,
		MaximumAge:           48 * time.Hour,
		Lock:                 &backups.Lock{MinimumDays: 3, MaximumDays: 400},
		BreakGlassRole:       "arn:aws:iam::123456789012:role/ops/break-glass",
		RestoreTest:          backups.Daily,
		PairRestoreTest:      true,
	}, c.Backups)

	c, err = load(keeping(`"restoreTest":"off"`))
	require.NoError(t, err)
	assert.Equal(t, backups.Never, c.Backups.RestoreTest)
	assert.NotContains(t, c.Functions(), "restoretest")
}

func TestALockIsAsWideAsTheRulesAndSaysWhenItIsForEver(t *testing.T) {
	c, err := load(keeping(`"lock":"compliance","lockChangeableDays":3`))
	require.NoError(t, err)
	assert.Equal(t, &backups.Lock{MinimumDays: 35, MaximumDays: 365, ChangeableDays: 3}, c.Backups.Lock)
	assert.Contains(t, strings.Join(c.Warnings(), "\n"), "backups.lock is compliance: 3 days after the deployment that makes "+
		"it, nobody can take it off, AWS included")
}

func TestEachMistakeAboutBackupsNamesKeyValueAndWhatIsAccepted(t *testing.T) {
	for intent, c := range map[string]struct{ fields, want string }{
		"a malformed time":             {`"dailyAt":"3am"`, `backups.dailyAt is "3am": want a time of day in UTC`},
		"an hour that is none":         {`"dailyAt":"24:00"`, `backups.dailyAt is "24:00"`},
		"a cron expression":            {`"dailyAt":"cron(0 3 * * ? *)"`, "want a time of day"},
		"a time without quotes":        {`"dailyAt":180`, `backups.dailyAt is "180": want a text, in quotes`},
		"no retention":                 {`"retentionDays":0`, `backups.retentionDays is "0": want a whole number from 1 to 36500`},
		"more than a hundred years":    {`"monthlyRetentionDays":36501`, `backups.monthlyRetentionDays is "36501"`},
		"monthly below daily":          {`"retentionDays":40,"monthlyRetentionDays":39`, `backups.monthlyRetentionDays is "39": want at least retentionDays, 40`},
		"an unknown lock":              {`"lock":"on"`, `backups.lock is "on": want none or governance or compliance`},
		"compliance in one setting":    {`"lock":"compliance"`, `backups.lockChangeableDays is "": want 3 to 36500 days with lock compliance`},
		"compliance within two days":   {`"lock":"compliance","lockChangeableDays":2`, `backups.lockChangeableDays is "2"`},
		"a date for what has none":     {`"lock":"governance","lockChangeableDays":3`, `backups.lockChangeableDays is "3": want none without lock compliance`},
		"a bound of no lock":           {`"lockMinimumDays":3`, `backups.lockMinimumDays is "3": want none without lock`},
		"a lock that refuses backups":  {`"lock":"governance","lockMinimumDays":36`, `backups.lockMinimumDays is "36": want at most retentionDays, 35`},
		"a lock that refuses monthly":  {`"lock":"governance","lockMaximumDays":364`, `backups.lockMaximumDays is "364": want at least monthlyRetentionDays, 365`},
		"a user for a role":            {`"breakGlassRole":"arn:aws:iam::123456789012:user/a"`, "backups.breakGlassRole is"},
		"an age below a day and four":  {`"maximumAge":"27h"`, `backups.maximumAge is "27h": want whole seconds from 28h0m0s`},
		"a test at another interval":   {`"restoreTest":"monthly"`, `backups.restoreTest is "monthly": want weekly or daily or off`},
		"pairs without restore tests":  {`"restoreTest":"off","pairRestoreTest":"quarterly"`, `backups.pairRestoreTest is "quarterly": want off while restoreTest is off`},
		"a misspelt key":               {`"retention":3`, "backups.retention is not a key: want breakGlassRole"},
		"a list of what is no setting": {`"dailyAt":["03:00"]`, "backups.dailyAt is"},
	} {
		t.Run(intent, func(t *testing.T) {
			_, err := load(keeping(c.fields))
			assert.ErrorContains(t, err, c.want)
		})
	}
}
