package claims

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// CleaningLimit is how long Clean may take: a cluster that is being created cannot be deleted before it is.
const CleaningLimit = 20 * time.Minute

// Clean removes all that the run has made, the newest first, and waits until it is gone. It returns what is left, a
// sentence each. Ask nothing after it.
func (r *Run) Clean(ctx context.Context) (left []string) {
	ctx, cancel := context.WithTimeout(ctx, CleaningLimit)
	defer cancel()
	var gone []*made
	for _, m := range slices.Backward(r.made) {
		if err := r.remove(ctx, m); err != nil {
			left = append(left, fmt.Sprintf("%s: %v", m, err))
			continue
		}
		gone = append(gone, m)
	}
	for _, m := range gone {
		if err := r.awaitGone(ctx, m); err != nil {
			left = append(left, fmt.Sprintf("%s: %v", m, err))
		}
	}
	r.made = nil
	return left
}

// String is the thing for people.
func (m *made) String() string {
	where := m.region
	if m.kind.global {
		where = "global"
	}
	if m.id == "" || m.id == m.name {
		return fmt.Sprintf("%s %s (%s)", m.kind.Name, m.name, where)
	}
	return fmt.Sprintf("%s %s (%s, %s)", m.kind.Name, m.name, m.id, where)
}

// remove removes a thing as soon as its service lets it.
func (r *Run) remove(ctx context.Context, m *made) error {
	config := r.config(m.region)
	found := []thing{m.thing}
	if m.kind.byID && m.id == "" {
		all, err := m.kind.list(ctx, config)
		if err != nil {
			return err
		}
		found = slices.DeleteFunc(all, func(t thing) bool { return t.name != m.name })
	}
	for _, t := range found {
		m.thing = t
		if err := r.removeOne(ctx, config, m); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) removeOne(ctx context.Context, config aws.Config, m *made) error {
	return r.await(ctx, m.String(), CleaningLimit, func() (string, bool, error) {
		err := m.kind.remove(ctx, config, m.thing)
		switch {
		case err == nil || isGone(err):
			return "", true, nil
		case isBusy(err):
			return "cannot be removed yet", false, nil
		default:
			return "", false, err
		}
	})
}

func (r *Run) awaitGone(ctx context.Context, m *made) error {
	if m.kind.left == nil || m.kind.byID && m.id == "" {
		return nil
	}
	return r.await(ctx, m.String(), CleaningLimit, func() (string, bool, error) {
		state, err := m.kind.left(ctx, r.config(m.region), m.thing)
		if isGone(err) {
			return "", true, nil
		}
		return state, state == "" && err == nil, err
	})
}

// Sweep removes what runs have left that died more than Longest ago. It says what it removes, and returns what it could
// not look for or remove.
func (r *Run) Sweep(ctx context.Context, now time.Time) error {
	var problems []error
	for _, kind := range kinds {
		regions := r.Regions[:]
		if kind.global {
			regions = regions[:1]
		}
		for _, region := range regions {
			if err := r.sweep(ctx, kind, region, now); err != nil {
				problems = append(problems, fmt.Errorf("%s in %s: %w", kind.Name, region, err))
			}
		}
	}
	return errors.Join(problems...)
}

func (r *Run) sweep(ctx context.Context, kind *Kind, region string, now time.Time) error {
	found, err := kind.list(ctx, r.config(region))
	if err != nil {
		return err
	}
	for _, t := range found {
		id, at, ok := beginning(t.name)
		if !ok || now.Sub(at) < Longest {
			continue
		}
		m := &made{thing: t, kind: kind, region: region}
		r.Say("  left by run %s: removing %s", id, m)
		if err := r.remove(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
