package console

import (
	"cmp"
	"slices"

	"aurora-dsql-dr/rehearsal/fault"
)

// pageView is what does not change while the sandbox runs.
type pageView struct {
	Account string  `json:"account"`
	Speed   float64 `json:"speed"`
}

// functionView is a deployed function, whose log can be followed.
type functionView struct {
	Region string `json:"region"`
	Name   string `json:"name"`
	Group  string `json:"group"`
}

// publish brings every section up to date but the charts.
func (c *Console) publish() {
	account, now := c.config.Account, c.config.Account.Clock.Now()
	alarms := []alarmView{}
	for _, name := range c.config.Regions {
		region := account.Region(name)
		alarms = append(alarms, viewAlarms(region, region.CloudWatch.History(""))...)
	}
	c.feed.put("page", pageView{account.ID, account.Clock.Speed()})
	c.feed.put("map", c.mapView(now))
	c.feed.put("name", c.nameView())
	c.feed.put("backups", c.backups())
	c.feed.put("alarms", alarms)
	c.feed.put("inbox", viewInbox(account.Inbox.Messages()))
	c.feed.put("timeline", viewTimeline(c.chronicle.Record().Entries))
	c.feed.put("faults", faultsView{fault.Catalogue(), c.config.Faults.Active()})
	c.feed.put("rehearsals", c.stage.view())
	c.feed.put("functions", c.functions())
	c.feed.put("dashboards", c.dashboards())
	c.feed.put("clock", now)
}

// publishCharts asks CloudWatch for every metric of every dashboard.
func (c *Console) publishCharts() {
	now := c.config.Account.Clock.Now()
	charts := map[string]chartData{}
	for _, d := range c.dashboards() {
		for _, w := range d.Widgets {
			if w.Chart != nil {
				charts[w.ID] = c.chartData(*w.Chart, now)
			}
		}
	}
	c.feed.put("charts", charts)
}

// dashboards are the stored ones of all regions: on AWS, too, they outlive the region they were made in.
func (c *Console) dashboards() []dashboardView {
	views := []dashboardView{}
	for _, name := range c.config.Regions {
		for _, d := range c.config.Account.Region(name).CloudWatch.Dashboards() {
			views = append(views, viewDashboard(d))
		}
	}
	return views
}

// functions are the deployed ones, those of the observers first.
func (c *Console) functions() []functionView {
	views := []functionView{}
	for _, region := range c.config.Regions {
		for _, f := range c.config.Account.Region(region).Lambda.Functions() {
			views = append(views, functionView{region, f.Name, f.Logging.LogGroup})
		}
	}
	slices.SortStableFunc(views, func(a, b functionView) int { return cmp.Compare(c.rank(a), c.rank(b)) })
	return views
}

func (c *Console) rank(f functionView) int {
	if c.config.Monitors[f.Region] == f.Name {
		return 0
	}
	return 1
}

// function finds a deployed function by REGION/NAME.
func (c *Console) function(name string) (functionView, bool) {
	for _, f := range c.functions() {
		if f.Region+"/"+f.Name == name {
			return f, true
		}
	}
	return functionView{}, false
}
