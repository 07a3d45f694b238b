//go:build browser

package console

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/rehearsal/fault"
	"aurora-dsql-dr/rehearsal/internal/browser"
	"aurora-dsql-dr/rehearsal/routing/routingtest"
	"aurora-dsql-dr/sandbox/backup"
	"aurora-dsql-dr/sandbox/cloudwatch"
)

// telephone is as narrow as a page has to be readable in.
var telephone = browser.Windows[0]

// What the page does not know yet it does not claim, however long its first data takes.
func TestThePageWaitsForItsFirstData(t *testing.T) {
	s := newScene(t)
	silent := httptest.NewUnstartedServer(nil)
	page := s.handler(silent.Listener.Addr().String())
	silent.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/events" {
			page.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	silent.Start()
	t.Cleanup(silent.Close)
	t.Cleanup(silent.CloseClientConnections)

	b := browser.Open(t, silent.URL+"/", telephone)
	b.Waits("#link", "waiting for data")
	sections := []string{"status", "map", "faults", "timeline", "name", "backups", "inbox", "alarms", "dashboards"}
	for _, section := range sections {
		b.Waits("#"+section+" .empty", "Waiting for the first data.")
	}
	assert.Zero(t, browser.Evaluate[int](b, `document.querySelectorAll('.tile, .words:not([hidden]), .inject:not([hidden])').length`))
	b.FitsAll("waiting")
	b.Stays()
}

// Where the name leads, and why, fits on a telephone.
func TestThePageShowsWhoAnswersForTheName(t *testing.T) {
	s := newScene(t)
	w := routingtest.In(t, s.account)
	s.config.Domain = routingtest.Domain
	b := browser.Open(t, s.URL, telephone)
	b.Waits("#name .count", routingtest.Domain)
	b.Waits("#name td[data-asker=us-east-1][data-leads=us-east-1]", east)
	b.Waits("#name td[data-fit=us-east-1][data-tone=good]", "fit")
	w.Turn(t, w.Leaf[east])
	b.Waits("#name td[data-asker=us-east-1][data-leads=us-east-2]", ohio)
	b.Waits("#name td[data-fit=us-east-1][data-tone=bad]", "unfit")
	b.FitsAll("name")
	b.Stays()
}

// What is kept, of which there is nothing, something and a loss, fits on a telephone.
func TestThePageShowsWhatIsKept(t *testing.T) {
	s := newSceneWith(t, backup.Durations{Start: 1, Backup: 1, Copy: time.Hour})
	off := browser.Open(t, s.URL, telephone)
	off.Waits("#backups .empty", "Backups are off")
	off.Stays()

	s = newSceneWith(t, backup.Durations{Start: 1, Backup: 1, Copy: 1})
	k := s.keep(t)
	b := browser.Open(t, s.URL, telephone)
	b.Waits("#backups td[data-vault=us-east-1]", "none yet in vault-us-east-1")
	b.Waits("#backups td[data-newest=us-east-1]", "none yet")
	b.Waits("#backups td[data-test=us-east-1]", "none yet")
	b.FitsAll("nothing-kept")
	j := k.backUp(east, k.role)
	b.Waits("#backups td[data-newest=us-east-1]", "ago")
	b.Waits("#backups td[data-twin=us-east-1]", "not in us-east-2")
	k.copyToOhio(j)
	k.backUp(ohio, newRole(t, s.account.IAM, "powerless", `["dsql:GetCluster"]`))
	k.test(east, "passes")
	k.test(east, "goes on")
	k.test(ohio, "fails")
	b.Waits("#backups td[data-twin=us-east-1]", "in us-east-2")
	b.Waits("#backups td[data-vault=us-east-2]", "0 of its own, 1 copy in vault-us-east-2")
	b.Waits("#backups td[data-jobs=us-east-2]", "backup FAILED")
	b.Waits("#backups td[data-test=us-east-1]", "running for")
	b.Waits("#backups td[data-test=us-east-1]", "passed")
	b.Waits("#backups td[data-test=us-east-2]", "The evidence is in the log.")
	b.FitsAll("kept")
	s.account.Region(ohio).SetDown(true)
	b.Waits("#backups td[data-vault=us-east-2]", "unknown")
	b.Waits("#backups td[data-twin=us-east-1]", "unknown")
	b.FitsAll("kept-unknown")
	b.Stays()
}

// A region that cannot be asked has no state, and a page that cannot ask shows what was.
func TestThePageSaysWhatItCannotKnow(t *testing.T) {
	s := newScene(t)
	for _, name := range []string{east, ohio} {
		region := s.account.Region(name)
		_, err := region.CloudWatch.PutCompositeAlarm(cloudwatch.CompositeAlarm{AlarmName: "lost", AlarmRule: "FALSE"})
		require.NoError(t, err)
		require.NoError(t, region.CloudWatch.SetAlarmState("lost", cloudwatch.StateOK, "fine"))
	}
	body, err := os.ReadFile(filepath.Join("..", "..", "components", "internal", "dashboard", "testdata", "dashboard-application.json"))
	require.NoError(t, err)
	_, err = s.account.Region(ohio).CloudWatch.PutDashboard(cloudwatch.Dashboard{DashboardName: "d", DashboardBody: string(body)})
	require.NoError(t, err)

	b := browser.Open(t, s.URL, telephone)
	b.Waits("#status .tile[data-kind=alarms][data-tone=good]", "2 OK")
	b.Waits(".widget .note", "not published by the sandbox")
	_, err = s.faults.Inject(fault.Spec{Name: "region-lost", With: map[string]string{"region": "primary"}})
	require.NoError(t, err)
	s.account.Region(east).SetDown(true)
	b.Waits("#status .tile[data-kind=alarms][data-tone=warning]", "1 unknown1 OK · 1 not evaluated")
	b.Waits("#map td[data-cluster=us-east-1]", "unknown")
	b.Waits("#timeline .event", "region-lost")
	b.FitsAll("outage")
	b.Stays()

	require.NoError(t, s.Close())
	b.Waits("#stale:not([hidden])", "The sandbox does not answer. What follows is as of")
	b.FitsAll("stale")
}
