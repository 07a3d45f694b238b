package apigateway

import (
	"net/http"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/internal/constraint"
)

// Integration is how an API runs a function.
type Integration struct {
	APIID                string `json:"apiId"`
	IntegrationType      string `json:"integrationType"` // AWS_PROXY
	IntegrationURI       string `json:"integrationUri"`  // the function's ARN or invoke ARN
	PayloadFormatVersion string `json:"payloadFormatVersion"`
	ConnectionType       string `json:"connectionType,omitempty"` // INTERNET by default
	Description          string `json:"description,omitempty"`
	TimeoutMilliseconds  int    `json:"timeoutMilliseconds,omitempty"` // 50 to 30,000, 30,000 by default

	ID string `json:"-"`
}

// maxTimeout is how long an HTTP API waits for an integration ("Quotas for configuring and running an HTTP API", API
// Gateway Developer Guide).
const maxTimeout = 30_000 // milliseconds

func (i Integration) withDefaults() Integration {
	if i.ConnectionType == "" {
		i.ConnectionType = "INTERNET"
	}
	if i.TimeoutMilliseconds == 0 {
		i.TimeoutMilliseconds = maxTimeout
	}
	return i
}

func (i Integration) check() error {
	switch {
	case i.IntegrationType != "AWS_PROXY" || i.function() == "":
		return badRequest(
			"integration %s of %q: the sandbox models AWS_PROXY of functions",
			i.IntegrationType,
			i.IntegrationURI,
		)
	case i.PayloadFormatVersion != "2.0":
		return badRequest("payload format version %q: the sandbox models 2.0", i.PayloadFormatVersion)
	case i.ConnectionType != "INTERNET":
		return badRequest("connection type %q: the sandbox models INTERNET", i.ConnectionType)
	case i.TimeoutMilliseconds < 50 || i.TimeoutMilliseconds > maxTimeout:
		return badRequest("timeout of %d ms: want 50 to %d", i.TimeoutMilliseconds, maxTimeout)
	default:
		return nil
	}
}

// function is the ARN of the function behind the integration, "" if there is none.
func (i Integration) function() string {
	arn := i.IntegrationURI
	if _, path, ok := strings.Cut(arn, "/functions/"); ok {
		arn = strings.TrimSuffix(path, "/invocations")
	}
	if !strings.Contains(arn, ":function:") {
		return ""
	}
	return arn
}

// CreateIntegration adds an integration to an API.
func (s *Service) CreateIntegration(i Integration) (Integration, error) {
	i.ID = newID(7)
	return s.putIntegration(i)
}

func (s *Service) putIntegration(i Integration) (Integration, error) {
	i = i.withDefaults()
	if err := i.check(); err != nil {
		return Integration{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(i.APIID)
	if err != nil {
		return Integration{}, err
	}
	a.integrations[i.ID] = i
	return i, nil
}

// Integration finds an integration of an API.
func (s *Service) Integration(apiID, id string) (Integration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(apiID)
	if err != nil {
		return Integration{}, err
	}
	i, ok := a.integrations[id]
	if !ok {
		return Integration{}, notFound("Integration", id)
	}
	return i, nil
}

// UpdateIntegration replaces an integration.
func (s *Service) UpdateIntegration(i Integration) (Integration, error) {
	if _, err := s.Integration(i.APIID, i.ID); err != nil {
		return Integration{}, err
	}
	return s.putIntegration(i)
}

// DeleteIntegration removes an integration from an API.
func (s *Service) DeleteIntegration(apiID, id string) error {
	if _, err := s.Integration(apiID, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.apis[apiID].integrations, id)
	return nil
}

// Stage is the published state of an API. The sandbox models $default, which is always what was configured last. The
// second group is given by API Gateway.
type Stage struct {
	APIID             string             `json:"apiId"`
	Name              string             `json:"name"` // $default
	AutoDeploy        bool               `json:"autoDeploy"`
	Description       string             `json:"description,omitempty"`
	AccessLogSettings *AccessLogSettings `json:"accessLogSettings,omitempty"`
	RouteSettings     *RouteSettings     `json:"defaultRouteSettings,omitempty"`
	// Routes are those with settings of their own.
	Routes []OwnSettings     `json:"routeSettings,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`

	Arn          string `json:"arn"`
	ExecutionArn string `json:"executionArn"`
	InvokeURL    string `json:"invokeUrl"`
}

// AccessLogSettings say where a line goes for each request, and how it looks: text with $context variables.
type AccessLogSettings struct {
	DestinationArn string `json:"destinationArn"` // of a log group
	Format         string `json:"format"`
}

// RouteSettings throttle the requests of a stage: a rate by the second, and how many may come at once.
type RouteSettings struct {
	ThrottlingRateLimit  float64 `json:"throttlingRateLimit"`
	ThrottlingBurstLimit int     `json:"throttlingBurstLimit"`
}

// OwnSettings are those of one route: its throttle, which takes the place of the stage's, and whether it has metrics of
// its own.
type OwnSettings struct {
	RouteKey        string `json:"routeKey"`
	DetailedMetrics bool   `json:"detailedMetricsEnabled,omitempty"`
	RouteSettings
}

const defaultStage = "$default"

type stage struct {
	Stage
	bucket *bucket // nil without a limit
	// own are the buckets of the routes that have one, by route key.
	own map[string]*bucket
}

// take asks the throttle that a route has.
func (s *stage) take(routeKey string) bool {
	if own, ok := s.own[routeKey]; ok {
		return own.take()
	}
	return s.bucket.take()
}

// PutStage creates the stage of an API or replaces it, which fills its throttle anew.
func (s *Service) PutStage(st Stage) (Stage, error) {
	if st.Name != defaultStage || !st.AutoDeploy {
		return Stage{}, badRequest(
			"stage %q, automatic deployment %t: the sandbox models %s with automatic deployment",
			st.Name,
			st.AutoDeploy,
			defaultStage,
		)
	}
	var c constraint.Check
	c.Length("description", st.Description, 0, maxDescription)
	if st.AccessLogSettings != nil {
		c.Length("accessLogSettings.format", st.AccessLogSettings.Format, 0, maxLogFormat)
	}
	c.Tags(st.Tags)
	if err := c.Err("BadRequestException"); err != nil {
		return Stage{}, err
	}
	if l := st.AccessLogSettings; l != nil {
		if err := s.deps.Logs.PermitDelivery(groupOf(l.DestinationArn)); err != nil {
			return Stage{}, badRequest("access logs: %v", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(st.APIID)
	if err != nil {
		return Stage{}, err
	}
	st.Arn, st.ExecutionArn, st.InvokeURL = a.Arn+"/stages/"+st.Name, a.ExecutionArn+"/"+st.Name, a.Endpoint+"/"
	own := map[string]*bucket{}
	for _, r := range st.Routes {
		if !a.hasRoute(r.RouteKey) {
			return Stage{}, awserr.NotFound(http.StatusNotFound, "NotFoundException",
				"Unable to find Route by key %s within the provided RouteSettings", r.RouteKey)
		}
		if b := newBucket(&r.RouteSettings, s.env.Clock); b != nil {
			own[r.RouteKey] = b
		}
	}
	a.stage = &stage{Stage: st, bucket: newBucket(st.RouteSettings, s.env.Clock), own: own}
	return st, nil
}

// Stage finds a stage of an API.
func (s *Service) Stage(apiID, name string) (Stage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(apiID)
	if err != nil {
		return Stage{}, err
	}
	if a.stage == nil || a.stage.Name != name {
		return Stage{}, notFound("Stage", name)
	}
	return a.stage.Stage, nil
}

// DeleteStage removes a stage: the API answers 404 from then on.
func (s *Service) DeleteStage(apiID, name string) error {
	if _, err := s.Stage(apiID, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mapped(apiID) {
		return badRequest("Deleting stage %s failed. Please remove all API mappings for the stage from your custom domain "+
			"names.", name)
	}
	s.apis[apiID].stage = nil
	return nil
}

// bucket is a token bucket ("Throttle requests to your HTTP APIs", API Gateway Developer Guide): it holds burst tokens
// at most, gets rate a second, and gives one to each request. The owner's lock guards it.
type bucket struct {
	clock       *clock.Clock
	rate, burst float64
	tokens      float64
	filled      time.Time
}

func newBucket(settings *RouteSettings, clk *clock.Clock) *bucket {
	if settings == nil || settings.ThrottlingRateLimit == 0 && settings.ThrottlingBurstLimit == 0 {
		return nil
	}
	burst := float64(settings.ThrottlingBurstLimit)
	return &bucket{
		clock:  clk,
		rate:   settings.ThrottlingRateLimit,
		burst:  burst,
		tokens: burst,
		filled: clk.Now(),
	}
}

// take takes a token and says whether there was one.
func (b *bucket) take() bool {
	if b == nil {
		return true
	}
	now := b.clock.Now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
