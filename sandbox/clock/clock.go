// Package clock is the one clock of the sandbox. It runs at a multiple of the wall's speed, so that schedules, alarms
// and retention can be lived through faster than they last. Code under it never calls package time for the current time
// or for waiting; tests that need full control run at speed 1 inside testing/synctest.
package clock

import (
	"context"
	"math"
	"time"

	"aurora-dsql-dr/sandbox/edge"
)

// Clock tells sandbox time. The zero value is not usable; call New.
type Clock struct {
	origin time.Time // wall time at which both clocks agreed
	speed  float64

	calendar float64 // how much faster the calendar runs; 0 is as the clock does
}

// New returns a clock that agrees with the wall now and runs speed times as fast. Speed must be positive.
func New(speed float64) *Clock {
	if speed <= 0 {
		panic("clock: speed must be positive")
	}
	return &Clock{origin: time.Now(), speed: speed}
}

// Speed is the number of sandbox seconds in a wall second.
func (c *Clock) Speed() float64 { return c.speed }

// Now is the sandbox time.
func (c *Clock) Now() time.Time { return c.FromWall(time.Now()) }

// Since is the sandbox time that has passed since the sandbox time t.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// FromWall translates a wall time into sandbox time.
func (c *Clock) FromWall(wall time.Time) time.Time {
	return c.origin.Add(duration(float64(wall.Sub(c.origin)) * c.speed))
}

// ToWall translates a sandbox time into wall time: a deadline that leaves the sandbox.
func (c *Clock) ToWall(t time.Time) time.Time { return c.origin.Add(c.Wall(t.Sub(c.origin))) }

// Wall is how long the wall waits while d passes in the sandbox.
func (c *Clock) Wall(d time.Duration) time.Duration { return duration(float64(d) / c.speed) }

// duration is so many nanoseconds; what is too long is the longest there is, 292 years.
func duration(nanoseconds float64) time.Duration {
	switch {
	case nanoseconds >= math.MaxInt64:
		return math.MaxInt64
	case nanoseconds <= math.MinInt64:
		return math.MinInt64
	default:
		return time.Duration(nanoseconds)
	}
}

// Sleep returns after d of sandbox time, or with the context's error as soon as it is done.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.Wall(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AfterFunc runs f in its own goroutine after d of sandbox time unless the timer is stopped before.
func (c *Clock) AfterFunc(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(c.Wall(d), func() {
		defer edge.Recover("timer", nil)
		f()
	})
}
