package console

import (
	"slices"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/backup"
)

// Backups name what keeps recovery points and tests restores, by data region; of a stack without backups they name
// nothing.
type Backups struct {
	// Vaults are the names of the vaults: the program's output backupVaultNames.
	Vaults map[string]string
	// Machines are the ARNs of the state machines of restore tests: the program's output restoreTestMachineArns.
	Machines map[string]string
}

// keptView is what a data region keeps of the database.
type keptView struct {
	Region string `json:"region"`
	Vault  string `json:"vault"`
	// Unknown says why AWS Backup cannot be asked; "" if it can, and what follows is so.
	Unknown string `json:"unknown,omitempty"`
	// Own are the recovery points of the region's own cluster, Copies those of the other's.
	Own    int `json:"own"`
	Copies int `json:"copies"`
	// Newest is of the own cluster; nil before there is any.
	Newest *pointView `json:"newest,omitempty"`
	Jobs   []jobView  `json:"jobs"`
	// Test is of restores; nil if they are not tested.
	Test *testView `json:"test,omitempty"`
}

// pointView is a recovery point and its twin in the other data region.
type pointView struct {
	At   time.Time `json:"at"`
	Twin twinState `json:"twin"`
	In   string    `json:"in"` // the region that the twin is to be in
}

// twinState is what is known of a twin.
type twinState string

const (
	twinThere   twinState = "there"
	twinComing  twinState = "coming" // is being copied
	twinMissing twinState = "missing"
	twinUnknown twinState = "unknown" // its region cannot be asked
)

// jobView is a job that runs, or the latest of its kind if it came to nothing.
type jobView struct {
	Kind    string     `json:"kind"` // backup, copy or restore
	State   string     `json:"state"`
	Message string     `json:"message,omitempty"`
	Began   time.Time  `json:"began"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// backups are what the data regions keep; none if the stack has no backups.
func (c *Console) backups() []keptView {
	views := []keptView{}
	for i, name := range c.config.Regions[:2] {
		if vault := c.config.Backups.Vaults[name]; vault != "" {
			views = append(views, c.kept(name, c.config.Regions[1-i], vault))
		}
	}
	return views
}

func (c *Console) kept(name, other, vault string) keptView {
	region := c.config.Account.Region(name)
	view := keptView{
		Region:  name,
		Vault:   vault,
		Unknown: reasonOf(region.Available("backup")),
		Jobs:    []jobView{},
		Test:    restoreTest(region, c.config.Backups.Machines[name]),
	}
	if view.Unknown != "" {
		return view
	}
	points, err := region.Backup.PointsOfVault(vault)
	if err != nil {
		view.Unknown = reasonOf(err)
		return view
	}
	for _, p := range points { // the newest first
		if p.ResourceArn != c.config.Clusters[name] {
			view.Copies++
			continue
		}
		if view.Own++; view.Own == 1 {
			view.Newest = &pointView{At: p.CreatedAt, Twin: c.twin(p, region, other), In: other}
		}
	}
	view.Jobs = jobs(region.Backup)
	return view
}

// twin is what is known of a recovery point's twin in the other region.
func (c *Console) twin(p backup.RecoveryPoint, region *aws.Region, other string) twinState {
	there := c.config.Account.Region(other)
	if there.Available("backup") != nil {
		return twinUnknown
	}
	points, _ := there.Backup.PointsOfVault(c.config.Backups.Vaults[other]) // none of a vault that is gone
	for _, q := range points {
		if p.IsTwin(q) {
			return twinThere
		}
	}
	for _, j := range region.Backup.CopyJobs() {
		if j.SourcePointArn == p.Arn && j.CompletedAt == nil {
			return twinComing
		}
	}
	return twinMissing
}

// jobs are those of a region that somebody may wait for, or has to look at.
func jobs(kept *backup.Service) []jobView {
	var backups, copies, restores []jobView // the newest first
	for _, j := range kept.BackupJobs() {
		backups = append(backups, jobView{"backup", j.State, j.Message, j.CreatedAt, j.CompletedAt})
	}
	for _, j := range kept.CopyJobs() {
		copies = append(copies, jobView{"copy", j.State, j.Message, j.CreatedAt, j.CompletedAt})
	}
	for _, j := range kept.RestoreJobs() {
		restores = append(restores, jobView{"restore", j.State, j.Message, j.CreatedAt, j.CompletedAt})
	}
	return append([]jobView{}, slices.Concat(notable(backups), notable(copies), notable(restores))...)
}

// notable are the jobs that run, and the first if it came to nothing.
func notable(jobs []jobView) (views []jobView) {
	for i, j := range jobs {
		if j.Ended == nil || i == 0 && j.State != backup.Completed {
			views = append(views, j)
		}
	}
	return views
}
