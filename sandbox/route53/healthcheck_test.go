package route53

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/test/bufconn"

	"aurora-dsql-dr/sandbox/clock"
)

func on[T any](value T) *T { return &value }

// certificate is a certificate of nobody in particular.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return server.TLS.Certificates[0]
}

// served is a service whose one resource is the handler.
func served(t *testing.T, handler http.HandlerFunc, cert tls.Certificate) *Service {
	t.Helper()
	// Without a network time can be lived through at once. What is written waits for nobody, so that neither side of a
	// connection that ends waits for the other one.
	pipes := bufconn.Listen(1 << 16)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	listener := tls.NewListener(pipes, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	go func() { _ = server.Serve(listener) }()
	s := New(Options{
		Clock: clock.New(1),
		Target: func(name string) (Target, bool) {
			return Target{ZoneID: "ZAPI", Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, name == regional
		},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return pipes.DialContext(ctx) },
	})
	t.Cleanup(func() {
		s.Close()
		_ = server.Close()
	})
	return s
}

func healthy(t *testing.T, s *Service, id string) bool {
	t.Helper()
	ok, err := s.Health(id)
	require.NoError(t, err)
	return ok
}

func endpoint(edit ...func(*Config)) Config {
	c := Config{Type: HTTPS, FQDN: regional, ResourcePath: "health", RequestInterval: 10, FailureThreshold: 3}
	for _, e := range edit {
		e(&c)
	}
	return c
}

func TestAnEndpointIsUnhealthyAfterSoManyFailuresInARow(t *testing.T) {
	cert := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		var status atomic.Int64
		status.Store(302)
		var asked atomic.Int64
		s := served(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			assert.Equal(t, "/health", r.URL.Path)
			assert.Equal(t, regional, r.Host)
			assert.Equal(t, regional, r.TLS.ServerName)
			assert.True(t, strings.HasPrefix(r.UserAgent(), "Amazon-Route53-Health-Check-Service (ref "))
			w.WriteHeader(int(status.Load()))
		}, cert)
		hc, err := s.CreateHealthCheck("one", endpoint())
		require.NoError(t, err)
		assert.Equal(t, 443, hc.Config.Port)
		synctest.Wait()
		assert.EqualValues(t, 3, asked.Load(), "three places at once")
		assert.True(t, healthy(t, s, hc.ID), "3xx is healthy")
		seen, err := s.Status(hc.ID)
		require.NoError(t, err)
		require.Len(t, seen, 3)
		assert.Equal(t, "eu-west-1", seen[0].Region)
		assert.Equal(t, "Success: HTTP Status Code 302, Found. Resolved IP: 127.0.0.1", seen[0].Status)

		status.Store(503)
		time.Sleep(25 * time.Second)
		assert.True(t, healthy(t, s, hc.ID), "two failures in a row")
		time.Sleep(10 * time.Second)
		assert.False(t, healthy(t, s, hc.ID), "three")
		seen, err = s.Status(hc.ID)
		require.NoError(t, err)
		assert.Equal(t, "Failure: HTTP Status Code 503, Service Unavailable. Resolved IP: 127.0.0.1", seen[0].Status)

		_, err = s.UpdateHealthCheck(hc.ID, 0, Update{Inverted: on(true)})
		require.NoError(t, err)
		assert.True(t, healthy(t, s, hc.ID), "inverted")
		_, err = s.UpdateHealthCheck(hc.ID, 2, Update{Inverted: on(false), Disabled: on(true)})
		require.NoError(t, err)
		assert.True(t, healthy(t, s, hc.ID), "disabled")
		before := asked.Load()
		time.Sleep(time.Minute)
		assert.Equal(t, before, asked.Load(), "a disabled check asks nobody")
		_, err = s.UpdateHealthCheck(hc.ID, 2, Update{})
		requireCode(t, err, "HealthCheckVersionMismatch", "is 3, not 2")

		status.Store(200)
		_, err = s.UpdateHealthCheck(hc.ID, 3, Update{Disabled: on(false)})
		require.NoError(t, err)
		require.NoError(t, s.DeleteHealthCheck(hc.ID))
		_, err = s.Health(hc.ID)
		requireCode(t, err, "NoSuchHealthCheck")
	})
}

// At most 18 % of the checkers may say healthy for an endpoint to be unhealthy.
func TestOneOfEightCheckersIsTooFewAndOneOfThreeIsEnough(t *testing.T) {
	share := func(healthy, all int) bool {
		c := &check{checkers: map[string]*checker{}}
		for i := range all {
			c.checkers[CheckerRegions[i]] = &checker{unhealthy: i >= healthy}
		}
		return c.share() > leastShare
	}
	assert.False(t, share(0, 3))
	assert.True(t, share(1, 3))
	assert.False(t, share(1, 8))
	assert.True(t, share(2, 8))
}

func TestAnEndpointThatIsSlowOrNotThereFails(t *testing.T) {
	cert := certificate(t)
	synctest.Test(t, func(t *testing.T) {
		s := served(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, cert)
		hc, err := s.CreateHealthCheck("slow", endpoint(func(c *Config) { c.FailureThreshold = 1 }))
		require.NoError(t, err)
		time.Sleep(1900 * time.Millisecond)
		assert.True(t, healthy(t, s, hc.ID))
		time.Sleep(200 * time.Millisecond)
		assert.False(t, healthy(t, s, hc.ID), "two seconds without a status")
		nowhere, err := s.CreateHealthCheck("nowhere", endpoint(func(c *Config) { c.FQDN = "example.org"; c.FailureThreshold = 1 }))
		require.NoError(t, err)
		synctest.Wait()
		assert.False(t, healthy(t, s, nowhere.ID))
		seen, err := s.Status(nowhere.ID)
		require.NoError(t, err)
		assert.Contains(t, seen[0].Status, "Failure: DNS resolution failed: the sandbox knows no zone")
	})
}

func TestAnEndpointThatShakesNoHandsFailsAfterFourSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{
			Clock: clock.New(1),
			Target: func(string) (Target, bool) {
				return Target{ZoneID: "ZAPI", Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}, true
			},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go func() { _, _ = server.Read(make([]byte, 4096)) }()
				return client, nil
			},
		})
		defer s.Close()
		hc, err := s.CreateHealthCheck("mute", endpoint(func(c *Config) { c.FailureThreshold = 1 }))
		require.NoError(t, err)
		time.Sleep(3900 * time.Millisecond)
		assert.True(t, healthy(t, s, hc.ID))
		time.Sleep(200 * time.Millisecond)
		assert.False(t, healthy(t, s, hc.ID))
		seen, err := s.Status(hc.ID)
		require.NoError(t, err)
		assert.Contains(t, seen[0].Status, "Failure: The health checker could not establish a connection within the timeout limit")
	})
}

// A real listener with a certificate that nobody trusts, on a port of its own, and a name from a zone.
func TestAnEndpointIsAskedOverTheNetwork(t *testing.T) {
	var host, sni string
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host, sni = r.Host, r.TLS.ServerName }))
	defer server.Close()
	address := server.Listener.Addr().(*net.TCPAddr)
	s, z := newService(t)
	_, err := s.ChangeRecordSets(z.ID, "", []Change{{Create, a("api.example.com", address.IP.String())}})
	require.NoError(t, err)
	config := endpoint(func(c *Config) { c.FQDN = "api.example.com"; c.Port = address.Port; c.EnableSNI = on(false) })
	ok, report := s.probe(t.Context(), HealthCheck{ID: "id", Config: config.withDefaults()}, "us-east-1")
	assert.True(t, ok, report)
	assert.Equal(t, "Success: HTTP Status Code 200, OK. Resolved IP: 127.0.0.1", report)
	assert.Equal(t, "api.example.com:"+server.URL[strings.LastIndex(server.URL, ":")+1:], host)
	assert.Empty(t, sni, "without SNI no name is sent")
}

func TestACalculatedCheckCountsItsChildren(t *testing.T) {
	s, _ := newService(t)
	alwaysWell, err := s.CreateHealthCheck("well", endpoint(func(c *Config) { c.Disabled = true }))
	require.NoError(t, err)
	inverted := func(reference string) string { // a calculated check of threshold 0 is healthy, and this one inverted
		c, err := s.CreateHealthCheck(reference, endpoint(func(c *Config) { c.FQDN = "none.example.org"; c.Inverted = true; c.FailureThreshold = 10 }))
		require.NoError(t, err)
		return c.ID
	}
	ill := []string{inverted("a"), inverted("b")}
	of := func(threshold int, children ...string) bool {
		c, err := s.CreateHealthCheck(newID("C"), Config{Type: Calculated, HealthThreshold: &threshold, Children: children})
		require.NoError(t, err)
		return healthy(t, s, c.ID)
	}
	assert.True(t, of(1, alwaysWell.ID, ill[0], ill[1]), "one of three")
	assert.False(t, of(2, alwaysWell.ID, ill[0], ill[1]), "two of three")
	assert.True(t, of(0, ill[0]), "0 is always healthy")
	assert.False(t, of(2, alwaysWell.ID), "more than there are is never healthy")

	one := 1
	parent, err := s.CreateHealthCheck("parent", Config{Type: Calculated, HealthThreshold: &one, Children: []string{alwaysWell.ID}})
	require.NoError(t, err)
	_, err = s.CreateHealthCheck("grandparent", Config{Type: Calculated, HealthThreshold: &one, Children: []string{parent.ID}})
	requireCode(t, err, "InvalidInput", "is a calculated health check")
	_, err = s.CreateHealthCheck("orphan", Config{Type: Calculated, HealthThreshold: &one, Children: []string{"none"}})
	requireCode(t, err, "InvalidInput", "none does not exist")
	_, err = s.Status(parent.ID)
	requireCode(t, err, "InvalidInput", "is a calculated health check")
}

func TestSettingsOfAnotherTypeAndOutOfRangeAreRefused(t *testing.T) {
	one := 1
	for says, c := range map[string]Config{
		"the sandbox models HTTPS, CALCULATED and CLOUDWATCH_METRIC":                        {Type: "TCP"},
		"Calculated health checks must not have a failure threshold specified":              {Type: Calculated, HealthThreshold: &one, FailureThreshold: 3},
		"Calculated health checks must have a health threshold specified":                   {Type: Calculated},
		"Basic health checks must not have an insufficient data health state specified":     endpoint(func(c *Config) { c.InsufficientData = StatusHealthy }),
		"Basic health checks must not have a metric region specified":                       endpoint(func(c *Config) { c.AlarmRegion = "us-east-1" }),
		"Metric health checks must not have a request interval specified":                   {Type: CloudWatchMetric, AlarmName: "a", AlarmRegion: "b", RequestInterval: 30},
		"Metric health checks must have an alarm name":                                      {Type: CloudWatchMetric},
		`insufficient data health status "Maybe": want Healthy, Unhealthy or LastKnownStat`: onAlarm("Maybe"),
		"request interval 20: want 10 or 30":                                                endpoint(func(c *Config) { c.RequestInterval = 20 }),
		"failure threshold 11: want 1 to 10":                                                endpoint(func(c *Config) { c.FailureThreshold = 11 }),
		"port 70000: want 1 to 65535":                                                       endpoint(func(c *Config) { c.Port = 70_000 }),
		"2 regions: want at least 3":                                                        endpoint(func(c *Config) { c.Regions = []string{"us-east-1", "us-west-1"} }),
		`region "us-east-2": want ap-northeast-1`:                                           endpoint(func(c *Config) { c.Regions = []string{"us-east-1", "us-east-2", "us-west-1"} }),
		"must have a fully qualified domain name":                                           endpoint(func(c *Config) { c.FQDN = "" }),
	} {
		s, _ := newService(t)
		_, err := s.CreateHealthCheck("one", c)
		requireCode(t, err, "InvalidInput", "Invalid parameter : ", says)
	}
	s, _ := newService(t)
	first, err := s.CreateHealthCheck("one", endpoint())
	require.NoError(t, err)
	again, err := s.CreateHealthCheck("one", endpoint())
	require.NoError(t, err)
	assert.Equal(t, first.ID, again.ID, "the same reference, the same check")
	_, err = s.CreateHealthCheck("one", endpoint(func(c *Config) { c.Port = 8443 }))
	requireCode(t, err, "HealthCheckAlreadyExists", first.ID)
}

func TestWhatIsPublishedOfHealthChecks(t *testing.T) {
	s, _ := newService(t)
	well, err := s.CreateHealthCheck("well", endpoint())
	require.NoError(t, err)
	_, err = s.CreateHealthCheck("disabled", endpoint(func(c *Config) { c.Disabled = true }))
	require.NoError(t, err)
	one := 1
	parent, err := s.CreateHealthCheck("parent", Config{Type: Calculated, HealthThreshold: &one, Children: []string{well.ID}})
	require.NoError(t, err)
	got := map[string]float64{}
	for _, d := range s.Metrics(time.Now()) {
		got[d.Dimensions["HealthCheckId"]+" "+d.MetricName] = *d.Value
	}
	assert.Equal(t, map[string]float64{well.ID + " HealthCheckStatus": 1, well.ID + " HealthCheckPercentageHealthy": 100,
		parent.ID + " HealthCheckStatus": 1, parent.ID + " ChildHealthCheckHealthyCount": 1}, got)
}
