package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBackupsHaveTheirPrice(t *testing.T) {
	backedUp := func(settings string) []line { return linesOf(t, "dev", map[string]string{"backups": settings}) }
	for _, l := range linesOf(t, "dev", nil) {
		assert.NotRegexp(t, "Recovery|Restore|Copies|Backups", l.What)
	}
	weekly := backedUp(`{"dailyAt":"03:00"}`)
	const month = 730.0 / 24
	daily, monthly := 35/month*(month-1), 365/month
	assert.InDelta(t, 2*2*(daily+monthly), quantity(weekly, keptPoints), 0.001, "two plans, a twin of each, 1 GB each")
	assert.InDelta(t, 2*month, quantity(weekly, "Copies to the other region"), 0.001, "one a day of each plan")
	assert.InDelta(t, 2*month/7, quantity(weekly, "Restore tests, restored"), 0.001)
	assert.Equal(t, 6.0, quantity(weekly, "Backups, metrics"), "two plans' ages in two regions, two tests' ages")
	assert.Equal(t, quantity(linesOf(t, "dev", nil), "KMS keys")+2, quantity(weekly, "KMS keys"), "a key for each vault")
	assert.Greater(t, quantity(weekly, "Restore tests, duration"), 0.0)

	assert.InDelta(t, 2*month, quantity(backedUp(`{"restoreTest":"daily"}`), "Restore tests, restored"), 0.001)
	pairs := backedUp(`{"pairRestoreTest":"quarterly"}`)
	assert.InDelta(t, 2*month/7+2.0/3, quantity(pairs, "Restore tests, restored"), 0.001, "four times a year two clusters")
	off := backedUp(`{"restoreTest":"off"}`)
	assert.Zero(t, quantity(off, "Restore tests, restored"))
	assert.Zero(t, quantity(off, "Restore tests, runs"))
	assert.Equal(t, quantity(weekly, keptPoints), quantity(off, keptPoints))
}

func TestTheDatabasesSizeIsANumberOfGigabytes(t *testing.T) {
	for text, want := range map[string]float64{"": assumedGB, "10": 10, "0.5": 0.5} {
		got, err := gigabytes(text)
		require.NoError(t, err)
		assert.InDelta(t, want, got, 0)
	}
	for _, text := range []string{"ten", "-1", "0", "NaN", "Inf", "10 GB"} {
		_, err := gigabytes(text)
		assert.ErrorContains(t, err, "want the size of the database in GB, such as 10", text)
	}
}

func TestWhoeverHasSaidNoSizeIsShownTheCommandThatDoes(t *testing.T) {
	backedUp := linesOf(t, "dev", map[string]string{"backups": `{"dailyAt":"03:00"}`})
	for given, told := range map[string]bool{"": true, "10": false} {
		var said strings.Builder
		showBackups(&said, "prod", given, assumedGB, prices{}, backedUp)
		assert.Equal(t, told, strings.Contains(said.String(), "make cost STACK=prod DATABASE_GB=10"), "with %q", given)
	}
}
