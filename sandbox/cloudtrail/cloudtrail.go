// Package cloudtrail is the sandbox's CloudTrail: the trails of an account and what they log. It keeps no events; it
// says whether a call of an API is logged in a region, on which EventBridge's events of API calls depend.
package cloudtrail

import (
	"net/http"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/clock"
	"aurora-dsql-dr/sandbox/internal/table"
)

// FirstTrail is the trail that an account begins with, in all regions, as the console makes it. It logs all management
// events.
const FirstTrail = "management-events"

// Trail is a trail of all regions.
type Trail struct {
	Name       string
	ARN        string
	HomeRegion string
	Bucket     string // of S3, which the sandbox does not have
	Logging    bool
	Started    *time.Time
	Stopped    *time.Time
	// Basic and Advanced say what is logged; only one of them is there.
	Basic    []Selector
	Advanced []AdvancedSelector
	// Custom is whether somebody has set them.
	Custom bool
}

// Service is the CloudTrail of one account. Create it with New; it is safe for concurrent use.
type Service struct {
	account string
	clock   *clock.Clock
	trails  table.Table[Trail] // by ARN
}

// New returns the CloudTrail of an account, with its first trail, whose home is that region.
func New(account string, clk *clock.Clock, home string) *Service {
	s := &Service{account: account, clock: clk}
	arn, now := s.arn(home, FirstTrail), clk.Now()
	s.trails.Put(arn, Trail{
		Name:       FirstTrail,
		ARN:        arn,
		HomeRegion: home,
		Bucket:     "aws-cloudtrail-logs-" + account,
		Logging:    true,
		Started:    &now,
		Basic:      []Selector{{ReadWriteType: All, Management: true}},
	})
	return s
}

func (s *Service) arn(region, name string) string {
	return "arn:aws:cloudtrail:" + region + ":" + s.account + ":trail/" + name
}

// ARN is that of a trail that is named in a region, by its name there or by its ARN.
func (s *Service) ARN(region, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return s.arn(region, name)
}

// Trails lists all trails by ARN. Each is in every region.
func (s *Service) Trails() []Trail { return s.trails.All() }

// Trail finds a trail: by its ARN, or in its home region by its name.
func (s *Service) Trail(region, name string) (Trail, error) {
	t, ok := s.trails.Get(s.ARN(region, name))
	if !ok {
		return Trail{}, awserr.NotFound(http.StatusBadRequest, "TrailNotFoundException",
			"Unknown trail: %s for the user: %s", s.ARN(region, name), s.account)
	}
	return t, nil
}

// atHome is a trail that is asked for in its home region, which is where it is changed.
func (s *Service) atHome(region, name string) (Trail, error) {
	t, err := s.Trail(region, name)
	if err == nil && t.HomeRegion != region {
		err = awserr.Invalid("InvalidHomeRegionException",
			"The home region of %s is %s, not %s.", t.ARN, t.HomeRegion, region)
	}
	return t, err
}

// SetLogging starts or stops a trail.
func (s *Service) SetLogging(region, name string, logging bool) error {
	t, err := s.atHome(region, name)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	s.trails.Update(t.ARN, func(t *Trail) {
		t.Logging = logging
		if logging {
			t.Started = &now
		} else {
			t.Stopped = &now
		}
	})
	return nil
}

// Select says what a trail logs, by one kind of selectors.
func (s *Service) Select(region, name string, basic []Selector, advanced []AdvancedSelector) (Trail, error) {
	t, err := s.atHome(region, name)
	if err == nil {
		err = check(basic, advanced)
	}
	if err != nil {
		return Trail{}, err
	}
	s.trails.Update(t.ARN, func(old *Trail) {
		old.Basic, old.Advanced, old.Custom = basic, advanced, true
		t = *old
	})
	return t, nil
}

// DeleteTrail deletes a trail.
func (s *Service) DeleteTrail(region, name string) error {
	t, err := s.atHome(region, name)
	if err == nil {
		s.trails.Delete(t.ARN)
	}
	return err
}

// Logs says whether any trail logs a call of an API.
func (s *Service) Logs(e Event) bool {
	for _, t := range s.trails.All() {
		if t.Logging && t.selects(e) {
			return true
		}
	}
	return false
}
