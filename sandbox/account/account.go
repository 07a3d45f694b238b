// Package account is the sandbox's Account Management, as far as it concerns regions: which of them the account may
// use. Those that the sandbox runs are enabled at first; one that has to be opted in to can be disabled.
package account

import (
	"slices"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/region"
)

// Status is whether an account may use a region (Account Management Reference, Region).
type Status string

// The states of a region. One is enabled and disabled at once here, which takes AWS minutes.
const (
	Enabled          Status = "ENABLED"
	EnabledByDefault Status = "ENABLED_BY_DEFAULT"
	Disabled         Status = "DISABLED"
)

// Region is a region of AWS.
type Region struct {
	Name   string
	Status Status
}

// Service is the Account Management of one account. Create it with New; it is safe for concurrent use.
type Service struct {
	running []string
	regions table.Table[Region]
}

// New returns the regions of an account, in some of which the sandbox runs.
func New(running []string) *Service {
	s := &Service{running: running}
	for _, name := range slices.Concat(region.All(), running) {
		status := EnabledByDefault
		switch {
		case !region.OptIn(name):
		case slices.Contains(running, name):
			status = Enabled
		default:
			status = Disabled
		}
		s.regions.Put(name, Region{Name: name, Status: status})
	}
	return s
}

// Regions lists all regions by name.
func (s *Service) Regions() []Region { return s.regions.All() }

// Region finds a region.
func (s *Service) Region(name string) (Region, error) {
	r, ok := s.regions.Get(name)
	if !ok {
		return r, awserr.Invalid("ValidationException",
			"Region name is %q: want the code of a Region, such as us-east-1", name)
	}
	return r, nil
}

// SetEnabled enables or disables a region that has to be opted in to.
func (s *Service) SetEnabled(name string, enabled bool) error {
	r, err := s.Region(name)
	if err != nil {
		return err
	}
	next := Disabled
	if enabled {
		next = Enabled
	}
	if r.Status == EnabledByDefault || r.Status == next {
		return awserr.Invalid("ValidationException", "Unable to switch region status because of its current opt-in status.")
	}
	s.regions.Put(name, Region{Name: name, Status: next})
	return nil
}

// Runs is whether the sandbox runs a region, so that it can be enabled.
func (s *Service) Runs(name string) bool { return slices.Contains(s.running, name) }

// Admits is nil for a region that the account may use. In one that is disabled nobody knows the account's credentials.
func (s *Service) Admits(name string) error {
	if r, ok := s.regions.Get(name); ok && r.Status == Disabled {
		return awserr.Denied("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	return nil
}
