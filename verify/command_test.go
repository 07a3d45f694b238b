package verify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/scheduler"
	"aurora-dsql-dr/verify/claims"
)

// The claims are tests of the sandbox, and of the policy: whoever has it may make all of these calls, and no other.
func TestEveryClaimIsAsClaimedInTheSandbox(t *testing.T) {
	w := newWorldWithSQL(t)
	w.plant("verify-aws-202611010000-abcd-x") // so that everything is removed once
	w.be(w.allowed())
	var calls recorder
	c := w.command()
	c.Load = append(c.Load, calls.load)
	assert.Equal(t, nothingDiffers, c.Run(t.Context(), w.confirmed()), w.errs.String())
	var told report
	require.NoError(t, json.Unmarshal([]byte(w.reported(".json")), &told))
	assert.Len(t, told.Claims, len(claims.All()))
	for _, c := range told.Claims {
		assert.Equal(t, claims.AsClaimed, c.Verdict, "%s: %s", c.ID, c.told())
	}
	for _, c := range told.Claims {
		t.Logf("%-32s %5.2f s", c.ID, c.Seconds)
		if c.ID == "sql-words" {
			assert.Greater(t, len(c.Seen), 120, "every row of the page's table")
		}
	}
	for i, claim := range claims.All() {
		isMade(t, claim, told.Claims[i].Made)
	}
	assert.Equal(t, calls.needed(), granted(t), "the policy")
	w.isEmpty()
}

// isMade wants a claim to make what it says; what claims share, the first of them makes.
func isMade(t *testing.T, claim claims.Claim, made []string) {
	t.Helper()
	said := slices.Clone(claim.Makes)
	for _, k := range claim.Makes {
		if k.Shared {
			made = slices.DeleteFunc(made, func(name string) bool { return name == k.Name })
			said = slices.DeleteFunc(said, func(other *claims.Kind) bool { return other == k })
		}
	}
	assert.ElementsMatch(t, names(said), made, "what %s makes", claim.ID)
}

func TestTheReportSaysWhatWasSeenAgainstWhatIsClaimed(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, nothingDiffers, w.run("-only", "sts,scheduler-group"), w.errs.String())
	page := w.reported(".md")
	assert.Contains(t, page, "2 as claimed, 0 differ, 0 could not be asked.")
	for _, fact := range []string{"| account | 123456789012 |", "| caller | arn:aws:iam::123456789012:user/admin |",
		"| regions | us-east-1, us-east-2, us-west-2 |", "| AWS SDK for Go | 1.", "| revision | abc |"} {
		assert.Contains(t, page, fact)
	}
	assert.Contains(t, line(page, "`scheduler-group`"), "| as claimed | `scheduler-group` | a group has its name for itself")
	assert.Contains(t, line(page, "`scheduler-group`"), "| docs/sandbox-aws.md: a group goes with its schedules |")
	assert.Contains(t, line(page, "`scheduler-group`"), "CreateScheduleGroup again: ConflictException (")
	assert.NotContains(t, page, "route53")

	said := w.out.String()
	assert.Less(t, strings.Index(said, "At most $0.01 in all"), strings.Index(said, "1/2"), "before it begins")
	assert.Contains(t, said, "1 schedule group")
	assert.Contains(t, said, "2/2  scheduler-group ")
}

func TestAnAnswerThatIsNotClaimedDiffers(t *testing.T) {
	w := newWorld(t)
	var made int
	w.answering(func(to http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/schedule-groups/") {
			return false
		}
		if made++; made == 1 {
			return false
		}
		_, _ = io.WriteString(to, `{"ScheduleGroupArn":"arn"}`)
		return true
	})
	assert.Equal(t, somethingIs, w.run("-only", "scheduler-group,sts"))
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"),
		"| differs | `scheduler-group` |")
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"),
		"CreateScheduleGroup again: accepted; claimed is ConflictException; 1 answers as claimed |")
	assert.Contains(t, w.out.String(), "1 as claimed, 1 differ, 0 could not be asked")
	w.isEmpty()
}

func TestClustersMayBeLeftOut(t *testing.T) {
	w := newWorld(t)
	w.answering(func(_ http.ResponseWriter, r *http.Request) bool {
		assert.False(t, r.Method == http.MethodPost && r.URL.Path == "/cluster", "a cluster is made")
		return false
	})
	assert.Equal(t, nothingDiffers, w.run("-clusters", "no", "-only", "dsql-not-found,dsql-single,sql-conflict"))
	assert.Contains(t, line(w.reported(".md"), "`dsql-single`"), "| could not be asked | `dsql-single` |")
	assert.Contains(t, line(w.reported(".md"), "`dsql-single`"), "| CLUSTERS=no |")
	assert.Contains(t, w.out.String(), "1 as claimed, 0 differ, 4 could not be asked")
	assert.NotContains(t, w.out.String(), "cluster with SQL")
}

func TestWhatIsDeniedCouldNotBeAsked(t *testing.T) {
	w := newWorld(t)
	w.be(w.allowed("scheduler:CreateScheduleGroup", "acm:ListCertificates"))
	assert.Equal(t, nothingDiffers, w.run("-only", "scheduler-group,sts"))
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "| could not be asked | `scheduler-group` |")
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"),
		"AccessDeniedException (User: arn:aws:sts::123456789012:assumed-role/verifier/verify is not authorized to perform: "+
			"scheduler:CreateScheduleGroup")
	assert.Contains(t, w.out.String(), "could not look everywhere: certificate in us-east-1: ")
	assert.Contains(t, w.out.String(), "1 as claimed, 0 differ, 1 could not be asked")
}

func TestWhatIsThrottledCouldNotBeAsked(t *testing.T) {
	w := newWorld(t)
	asked := 0
	w.answering(func(to http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/schedule-groups/") {
			return false
		}
		asked++
		to.Header().Set("X-Amzn-Errortype", "ThrottlingException")
		to.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(to, `{"message":"Rate exceeded"}`)
		return true
	})
	c := w.command()
	c.Load = append(c.Load, config.WithRetryer(func() aws.Retryer { return retry.AddWithMaxAttempts(patient(), 2) }))
	assert.Equal(t, nothingDiffers, c.Run(t.Context(), w.confirmed("-only", "scheduler-group")))
	assert.Equal(t, 2, asked, "it was tried again")
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "| could not be asked | `scheduler-group` |")
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "ThrottlingException (Rate exceeded) |")
}

// An answer that does not come leaves nobody knowing what the thing is called.
func TestWhatAnInterruptionLeavesIsRemoved(t *testing.T) {
	w := newWorld(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	w.answering(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/2013-04-01/hostedzone" {
			return false
		}
		w.forward.ServeHTTP(httptest.NewRecorder(), r)
		interrupt(errors.New("interrupt signal received"))
		<-r.Context().Done()
		return true
	})
	c := w.command()
	assert.Equal(t, somethingIs, c.Run(ctx, []string{"-confirm", w.account.ID, "-only", "scheduler-g,route53-b,acm-s"}))
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "| as claimed |")
	assert.Contains(t, line(w.reported(".md"), "`route53-batch`"), "| could not be asked |")
	assert.Contains(t, line(w.reported(".md"), "`acm-same-record`"), "the run: interrupt signal received |")
	w.isEmpty()
}

// The SDK repeats a call whose answer was lost, and is then told that the thing is there.
func TestWhatARepeatedCallHasMadeIsRemoved(t *testing.T) {
	w := newWorld(t)
	lost := false
	w.answering(func(to http.ResponseWriter, r *http.Request) bool {
		if lost || r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/schedule-groups/") {
			return false
		}
		lost = true
		w.forward.ServeHTTP(httptest.NewRecorder(), r)
		conn, _, err := to.(http.Hijacker).Hijack()
		if assert.NoError(t, err) {
			assert.NoError(t, conn.Close())
		}
		return true
	})
	assert.Equal(t, nothingDiffers, w.run("-only", "scheduler-group"))
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "| could not be asked |")
	assert.Contains(t, line(w.reported(".md"), "`scheduler-group`"), "ConflictException (")
	w.isEmpty()
}

func TestCtrlCEndsTheCommandAndLeavesNothing(t *testing.T) {
	w := newWorld(t)
	program := filepath.Join(w.dir, "verify-aws")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "verifyaws", "-o", program, "./cmd")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	cmd := exec.CommandContext(t.Context(), program, "-confirm", w.account.ID, "-only", "scheduler-g,route53-b,acm-s")
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, &w.out, &w.errs
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CI=") })
	started := make(chan *os.Process, 1)
	w.answering(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || r.URL.Path != "/2013-04-01/hostedzone" {
			return false
		}
		w.forward.ServeHTTP(httptest.NewRecorder(), r)
		assert.NoError(t, (<-started).Signal(os.Interrupt))
		<-r.Context().Done()
		return true
	})
	require.NoError(t, cmd.Start())
	started <- cmd.Process
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit, w.errs.String())
	assert.Equal(t, somethingIs, exit.ExitCode())
	assert.Contains(t, w.out.String(), "It was cut short: interrupt signal received")
	assert.Contains(t, w.out.String(), "the run: interrupt signal received")
	assert.Contains(t, w.out.String(), "1 as claimed, 0 differ, 2 could not be asked")
	w.isEmpty()
}

func TestWhatCannotBeRemovedIsSaid(t *testing.T) {
	w := newWorld(t)
	w.be(w.allowed("scheduler:DeleteScheduleGroup"))
	assert.Equal(t, somethingIs, w.run("-only", "scheduler-group"))
	const sentence = `schedule group (verify-aws-\d{12}-\w{4}-g) \(us-east-1\): .*AccessDenied`
	assert.Regexp(t, "LEFT BEHIND "+sentence, w.out.String())
	assert.Regexp(t, "## Left behind\n\n- "+sentence, w.reported(".md"))
	left := regexp.MustCompile(sentence).FindStringSubmatch(w.out.String())
	assert.NoError(t, w.account.Region("us-east-1").Scheduler.DeleteGroup(left[1]))
	w.isEmpty()
}

func TestWhatARunHasLeftThatDiedIsRemovedByTheNext(t *testing.T) {
	w := newWorld(t)
	w.plant("verify-aws-202611010000-abcd-x")
	assert.Equal(t, nothingDiffers, w.run("-only", "sts"))
	assert.Contains(t, w.out.String(), "left by run verify-aws-202611010000-abcd: removing schedule group "+
		"verify-aws-202611010000-abcd-x (us-east-2)")
	assert.Contains(t, w.out.String(), "removing hosted zone verify-aws-202611010000-abcd-x")
	w.isEmpty()
}

func TestWhatMayBelongToAnotherRunOrToNoneIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	groups := w.account.Region("us-east-2").Scheduler
	running := "verify-aws-" + time.Now().UTC().Format("200601021504") + "-abcd-g"
	for _, name := range []string{running, "verify-aws-mine"} {
		_, err := groups.CreateGroup(scheduler.Group{Name: name})
		require.NoError(t, err)
	}
	assert.Equal(t, nothingDiffers, w.run("-only", "sts"))
	assert.NotContains(t, w.out.String(), "left by run")
	assert.Len(t, groups.Groups(), 3)
}

func TestBadInputIsRefusedWithEveryProblem(t *testing.T) {
	w := newWorld(t)
	w.be(iam.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "s"})
	assert.Equal(t, badInput, w.command().Run(t.Context(), []string{"-confirm", "me", "-regions", "us-east-1,us-east-1,x",
		"-only", "sts,nothing", "-clusters", "some", "-sql", "here"}))
	for _, problem := range []string{
		`CONFIRM is "me": want the account`,
		`REGIONS is "us-east-1,us-east-1,x": want three regions`,
		`ONLY is "nothing": want the beginning of a claim's id. There are:` + "\n  acm  ",
		`CLUSTERS is "some": want yes or no`,
		`SQL is "here": want region=ip:port`,
		"STS GetCallerIdentity does not know the caller (InvalidClientTokenId): renew the credentials",
	} {
		assert.Contains(t, w.errs.String(), problem)
	}
	assert.Empty(t, w.out.String(), "nothing was begun")
	assert.NoDirExists(t, filepath.Join(w.dir, "build"))
}

func TestWithoutTheAccountsNumberNothingIsAsked(t *testing.T) {
	for confirm, want := range map[string]string{
		"":             `CONFIRM is "": want the account`,
		"210987654321": `CONFIRM is "210987654321": want 123456789012, the account of arn:aws:iam::123456789012:user/admin`,
	} {
		w := newWorld(t)
		assert.Equal(t, badInput, w.command().Run(t.Context(), []string{"-confirm", confirm}))
		assert.Contains(t, w.errs.String(), want)
		assert.Empty(t, w.out.String())
	}
}

func TestInCINothingIsAskedAtAll(t *testing.T) {
	w := newWorld(t)
	w.answering(func(http.ResponseWriter, *http.Request) bool {
		assert.Fail(t, "a call")
		return false
	})
	c := w.command()
	c.Env = func(name string) string { return map[string]string{"CI": "true"}[name] }
	assert.Equal(t, badInput, c.Run(t.Context(), []string{"-confirm", w.account.ID, "-clusters", "some"}))
	assert.Contains(t, w.errs.String(), "CI is set in the environment")
	assert.Contains(t, w.errs.String(), `CLUSTERS is "some"`, "with every other problem")
}
