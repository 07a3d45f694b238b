package dashboard

import (
	"encoding/json"
	"fmt"
	"strings"

	"aurora-dsql-dr/lambda/contract"
)

// Render lays the widgets out in rows, from "is a region lost" at the top to "why" at the bottom.
func Render(f Facts) (string, error) {
	g := &grid{}
	g.row(3, each(f.Losses, loss)...)
	g.row(3, widget{Type: "text", Properties: textProperties{Markdown: f.header()}})
	g.row(4, each(f.Alarms, alarms)...)
	g.row(6, append(each(f.Databases, f.verdicts), each(f.Databases, f.health)...)...)
	if len(f.Traffic) > 0 {
		g.row(6, append(each(f.Traffic, f.unfit), f.healthChecks())...)
	}
	if len(f.Backups) > 0 {
		g.row(6, append(each(f.Backups, f.backupAge), each(f.Backups, f.backupJobs)...)...)
		if f.Backups[0].Tested {
			g.row(5, each(f.Backups, f.restoreTestAge)...)
		}
	}
	if f.Full {
		g.row(6, each(f.Monitors, f.latency)...)
		g.row(6, each(f.Monitors, f.markerAge)...)
	}
	g.row(6, append(each(f.Databases, f.transactions), each(f.Databases, f.nativeLatency)...)...)
	g.row(6, each(f.Databases, f.usage)...)
	if len(f.Applications) > 0 {
		g.row(6, append(each(f.Applications, f.requests), each(f.Applications, f.requestLatency)...)...)
		g.row(6, append(each(f.Applications, f.events), each(f.Applications, f.replication)...)...)
		g.row(5, each(f.Applications, f.outbox)...)
	}
	g.row(6, each(f.Monitors, f.function)...)
	g.row(5, each(f.Monitors, f.delivery)...)
	rendered, err := json.Marshal(body{Widgets: g.widgets})
	return string(rendered), err
}

func (f Facts) header() string {
	runbooks := []contract.Runbook{
		contract.RunbookRegionLost,
		contract.RunbookMonitorBroken,
		contract.RunbookMonitorSilent,
		contract.RunbookSlowDatabase,
	}
	if len(f.Applications) > 0 {
		runbooks = append(runbooks, contract.RunbookApplication)
	}
	if len(f.Traffic) > 0 {
		runbooks = append(runbooks, contract.RunbookTraffic)
	}
	if len(f.Backups) > 0 {
		runbooks = append(runbooks, contract.RunbookBackup)
	}
	links := each(runbooks, func(r contract.Runbook) string {
		return fmt.Sprintf("[%s](%s)", strings.ReplaceAll(string(r), "-", " "), f.Runbooks.To(r))
	})
	return fmt.Sprintf("# %s\nEndpoints in **%s** and **%s**, observed from %s, %s and %s. Runbooks: %s", f.Title,
		f.Databases[0].Region, f.Databases[1].Region,
		f.Monitors[0].Region, f.Monitors[1].Region, f.Monitors[2].Region,
		strings.Join(links, " · "))
}

func loss(l Loss) widget {
	title := "Is " + l.Region + " lost? Decided in " + l.DecidedIn
	return widget{Type: "alarm", Properties: alarmProperties{Title: title, Alarms: l.ARNs}}
}

func alarms(a Alarms) widget {
	return widget{Type: "alarm", Properties: alarmProperties{Title: "Alarms in " + a.Region, Alarms: a.ARNs}}
}

// metrics is a widget of one region's metrics, which share the unit that labels their axis; "" is a count.
func (f Facts) metrics(title, region, stat, label string, lines []line) widget {
	return widget{
		Type: "metric",
		Properties: metricProperties{
			Title:   title,
			Region:  region,
			View:    "timeSeries",
			Stat:    stat,
			Period:  f.Period,
			YAxis:   yAxis{Left: axis{Label: label}},
			Metrics: lines,
		},
	}
}
