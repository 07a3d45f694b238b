package lambda

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/must"
)

const (
	version  = "$LATEST"
	logTime  = "2006-01-02T15:04:05.000Z"
	tailSize = 4 << 10
)

// stream is the log stream of an execution environment: the function's lines and Lambda's own, in the function's log
// group. Lines are lost, as on AWS, when the group does not exist or the role may not write to it.
type stream struct {
	service  *Service
	function Function
	caller   iam.Principal // the function's role
	name     string

	mu   sync.Mutex
	last []byte // the end of the current invocation's log
}

// newStream names a stream as Lambda does: the date, the function if the group is not its own, and the environment.
func (s *Service) newStream(f Function) *stream {
	environment := "[" + version + "]" + strings.ReplaceAll(newRequestID(), "-", "")
	if f.Logging.LogGroup != "/aws/lambda/"+f.Name {
		environment = f.Name + environment
	}
	return &stream{
		service:  s,
		function: f,
		caller:   iam.Session(f.Role, f.Name),
		name:     s.env.Now().UTC().Format("2006/01/02/") + environment,
	}
}

// begin starts a new invocation's tail.
func (l *stream) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = nil
}

// tail is the end of the current invocation's log, at most 4 KiB.
func (l *stream) tail() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// line writes one line.
func (l *stream) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = append(append(l.last, text...), '\n')
	l.last = l.last[max(0, len(l.last)-tailSize):]
	_ = l.service.deps.Logs.Write(l.caller, l.function.Logging.LogGroup, l.name, l.service.env.Now(), text)
}

// started writes Lambda's first line of an invocation.
func (l *stream) started(run invocation) {
	if l.function.Logging.LogFormat == "JSON" {
		l.platform("platform.start", startRecord{run.requestID, version})
		return
	}
	l.line(fmt.Sprintf("START RequestId: %s Version: %s", run.requestID, version))
}

type startRecord struct {
	RequestID string `json:"requestId"`
	Version   string `json:"version"`
}

type reportRecord struct {
	RequestID string        `json:"requestId"`
	Metrics   reportMetrics `json:"metrics"`
	Status    string        `json:"status"`
	ErrorType string        `json:"errorType,omitempty"`
}

type reportMetrics struct {
	DurationMs       float64 `json:"durationMs"`
	BilledDurationMs int     `json:"billedDurationMs"`
	MemorySizeMB     int     `json:"memorySizeMB"`
	MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB"`
	InitDurationMs   float64 `json:"initDurationMs,omitempty"`
}

// reported writes Lambda's last lines of an invocation. Billed is the duration with the init phase, which Lambda bills
// since August 2025, rounded up to a millisecond.
func (l *stream) reported(run invocation, e *environment) {
	m := reportMetrics{DurationMs: millis(run.duration), InitDurationMs: millis(run.initDuration),
		BilledDurationMs: int(math.Ceil(millis(run.duration + run.initDuration))),
		MemorySizeMB:     l.function.MemorySize, MaxMemoryUsedMB: int(e.peak >> 20)}
	if l.function.Logging.LogFormat == "JSON" {
		l.platform("platform.report", reportRecord{run.requestID, m, run.status, run.errorType})
		return
	}
	l.line("END RequestId: " + run.requestID)
	report := fmt.Sprintf(
		"REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\tMax Memory Used: %d MB",
		run.requestID,
		m.DurationMs,
		m.BilledDurationMs,
		m.MemorySizeMB,
		m.MaxMemoryUsedMB,
	)
	if run.initDuration > 0 {
		report += fmt.Sprintf("\tInit Duration: %.2f ms", m.InitDurationMs)
	}
	if run.status != "success" {
		report += fmt.Sprintf("\tStatus: %s", run.status)
	}
	if run.errorType != "" {
		report += fmt.Sprintf("\tError Type: %s", run.errorType)
	}
	l.line(report)
}

// platform writes a line of Lambda's own in its JSON form ("Lambda Telemetry API Event schema reference").
func (l *stream) platform(kind string, record any) {
	l.line(string(must.JSON(struct {
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record any    `json:"record"`
	}{l.service.env.Now().UTC().Format(logTime), kind, record})))
}

// millis rounds to Lambda's hundredths of a millisecond.
func millis(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Millisecond)*100) / 100
}
