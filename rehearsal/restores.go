package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/report"
	"aurora-dsql-dr/rehearsal/script"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
	"aurora-dsql-dr/sandbox/backup"
)

// actOnData carries out what an operator does for the data, one act after the other, and judges each. What clients go
// through is counted from the deletion of their rows.
func (r *run) actOnData(ctx context.Context) (outage fault.Outage, checks []report.Check, err error) {
	clk := r.Sandbox.Clock
	begun := clk.Now()
	for _, step := range r.plan.ActsOnData() {
		if err := clk.Sleep(ctx, step.At-clk.Since(begun)); err != nil {
			return outage, checks, err
		}
		at := r.now()
		checks = append(checks, r.dataAct(ctx, step))
		if ctx.Err() != nil {
			return outage, checks, ctx.Err()
		}
		outage = outage.And(fault.Outage{Start: at, End: r.now()})
	}
	return outage, checks, nil
}

// dataAct carries out one act within its bound.
func (r *run) dataAct(ctx context.Context, step script.Step) report.Check {
	begun := r.now()
	r.noteAct(chronicle.Note, step, "begins")
	limited, cancel := context.WithTimeout(ctx, r.Sandbox.Clock.Wall(step.Within))
	defer cancel()
	got, err := map[script.Act]func(context.Context, script.Step) (string, error){
		script.ActBackUp:      r.backUp,
		script.ActBackUpFails: r.backUpInVain,
		script.ActTestRestore: r.testRestore,
		script.ActDeleteRows:  r.deleteRows,
		script.ActRestorePair: r.restorePair,
	}[step.Act](limited, step)
	took := script.Short(r.Sandbox.Clock.Since(begun))
	name := string(step.Act) + " in " + step.Region
	want := "done within " + script.Short(step.Within)
	if err != nil {
		r.noteAct(chronicle.Bad, step, err.Error())
		return report.NewCheck(name, want, err.Error(), false)
	}
	got = "in " + took + got
	r.noteAct(chronicle.Good, step, got)
	return report.NewCheck(name, want, got, true)
}

func (r *run) noteAct(tone chronicle.Tone, step script.Step, text string) {
	what := string(step.Act) + " in " + step.Region
	r.seen.Add(chronicle.Entry{
		Time:   r.now(),
		Source: chronicle.Operator,
		Tone:   tone,
		Lane:   what,
		Text:   text,
		Title:  what + ": " + text,
	})
}

func (r *run) backUp(ctx context.Context, step script.Step) (string, error) {
	_, err := stack.BackUp(ctx, r.Sandbox, r.Outputs, step.Region)
	return "", err
}

// backUpInVain begins a backup, and says why it failed.
func (r *run) backUpInVain(ctx context.Context, step script.Step) (string, error) {
	kept, vault := r.Sandbox.Account.Region(step.Region).Backup, r.Outputs.BackupVaultNames[step.Region]
	before, err := kept.PointsOfVault(vault)
	if err != nil {
		return "", err
	}
	_, failed := stack.BackUp(ctx, r.Sandbox, r.Outputs, step.Region)
	switch after, err := kept.PointsOfVault(vault); {
	case err != nil:
		return "", err
	case failed == nil:
		return "", errors.New("the backup succeeded")
	case len(after) != len(before):
		return "", fmt.Errorf("it failed, and left a recovery point: %w", failed)
	}
	return ": " + failed.Error(), nil
}

// testRestore runs a restore test and tells the measured RPO and RTO.
func (r *run) testRestore(ctx context.Context, step script.Step) (string, error) {
	before := len(r.Sandbox.Account.DSQL.Clusters())
	test, err := stack.TestRestore(ctx, r.Sandbox, r.Outputs, step.Region, false)
	if err != nil {
		return "", err
	}
	if left := len(r.Sandbox.Account.DSQL.Clusters()) - before; left != 0 {
		return "", fmt.Errorf("%d restored clusters are left", left)
	}
	v := test.Verification
	if v == nil || v.NewestMarker == nil || test.RestoredAt == nil {
		return "", errors.New("the restore test passed without having read anything")
	}
	return fmt.Sprintf(": the data was %s old, the restore took %s", script.Short(test.Started.Sub(*v.NewestMarker)),
		script.Short(test.RestoredAt.Sub(test.Started))), nil
}

// deleteRows deletes what the clients have written so far.
func (r *run) deleteRows(ctx context.Context, step script.Step) (got string, err error) {
	database, ok := r.written.(*workload.Database)
	if !ok {
		return "", errors.New("the clients write to no table of their own")
	}
	r.deleted, err = database.DeleteRows(ctx, step.Region)
	return fmt.Sprintf(": %d rows", len(r.deleted)), err
}

// restorePair restores a pair of the newest recovery point, takes the deleted rows from it, and removes the pair.
func (r *run) restorePair(ctx context.Context, step script.Step) (string, error) {
	database, ok := r.written.(*workload.Database)
	if !ok {
		return "", errors.New("the clients write to no table of their own")
	}
	point, err := r.newestPoint(step.Region)
	if err != nil {
		return "", err
	}
	pair, err := stack.RestorePair(ctx, r.Sandbox, r.Outputs, step.Region, point.Arn)
	if err != nil {
		return "", err
	}
	if len(pair) != 2 {
		return "", fmt.Errorf("%d clusters were restored: want a pair", len(pair))
	}
	if r.forgone, err = database.TakeBack(ctx, pair[0], r.deleted); err != nil {
		return "", err
	}
	if early := r.acknowledgedBefore(point.CreatedAt, r.forgone); early > 0 {
		return "", fmt.Errorf("%d of %d rows are gone that were written before the recovery point of %s", early,
			len(r.deleted), point.CreatedAt.Format(time.TimeOnly))
	}
	for _, c := range pair {
		if err := stack.RemoveCluster(r.Sandbox, c); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf(": %d of %d rows are back, %d were written after the point", len(r.deleted)-len(r.forgone),
		len(r.deleted), len(r.forgone)), nil
}

// newestPoint is that of a region's own cluster.
func (r *run) newestPoint(region string) (newest backup.RecoveryPoint, err error) {
	points, err := r.Sandbox.Account.Region(region).Backup.PointsOfVault(r.Outputs.BackupVaultNames[region])
	for _, p := range points {
		if p.ResourceArn == r.Outputs.ClusterARNs[region] && p.CreatedAt.After(newest.CreatedAt) {
			newest = p
		}
	}
	if err == nil && newest.Arn == "" {
		err = errors.New("there is no recovery point of the cluster in " + region)
	}
	return newest, err
}

// acknowledgedBefore counts those of the rows that were acknowledged before a time.
func (r *run) acknowledgedBefore(at time.Time, ids []string) (early int) {
	acknowledged := r.load.Acknowledged()
	for _, id := range ids {
		if when, ok := acknowledged[id]; ok && when.Before(at) {
			early++
		}
	}
	return early
}
