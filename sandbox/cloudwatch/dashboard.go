package cloudwatch

import (
	"encoding/json"
	"regexp"

	"aurora-dsql-dr/sandbox/awserr"
)

// Dashboard is a dashboard. DashboardArn is given by CloudWatch.
type Dashboard struct {
	DashboardName string `json:"dashboardName"`
	DashboardBody string `json:"dashboardBody"`
	DashboardArn  string `json:"dashboardArn"`
}

// What PutDashboard takes (CloudWatch API Reference, PutDashboard; CloudWatch User Guide, "CloudWatch service quotas").
const (
	maxBody    = 1 << 20 // bytes
	maxWidgets = 500
)

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// PutDashboard creates or replaces a dashboard. The body must be a JSON object with a list of widgets, which are not
// looked at.
func (s *Service) PutDashboard(d Dashboard) (Dashboard, error) {
	if !dashboardName.MatchString(d.DashboardName) {
		return Dashboard{}, invalidDashboard("The value %q for field DashboardName contains invalid characters. "+
			"It can only contain alphanumerics, dash (-) and underscore (_), up to 255 of them.", d.DashboardName)
	}
	if len(d.DashboardBody) > maxBody {
		return Dashboard{}, invalidDashboard(
			"The body of dashboard %s has %d bytes, at most %d are accepted.",
			d.DashboardName,
			len(d.DashboardBody),
			maxBody,
		)
	}
	var body struct {
		Widgets *[]json.RawMessage `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(d.DashboardBody), &body); err != nil {
		return Dashboard{}, invalidDashboard(
			"The body of dashboard %s is not a JSON object with a list of widgets: %v",
			d.DashboardName,
			err,
		)
	}
	switch {
	case body.Widgets == nil:
		return Dashboard{}, invalidDashboard(`The body of dashboard %s must have the property "widgets".`, d.DashboardName)
	case len(*body.Widgets) > maxWidgets:
		return Dashboard{}, invalidDashboard(
			"Dashboard %s has %d widgets, at most %d are accepted.",
			d.DashboardName,
			len(*body.Widgets),
			maxWidgets,
		)
	}
	d.DashboardArn = "arn:aws:cloudwatch::" + s.env.Account + ":dashboard/" + d.DashboardName
	s.dashboards.Put(d.DashboardName, d)
	return d, nil
}

func invalidDashboard(format string, args ...any) error {
	return awserr.Invalid("InvalidParameterInput", format, args...)
}

// Dashboard finds a dashboard by its name.
func (s *Service) Dashboard(name string) (Dashboard, error) {
	d, ok := s.dashboards.Get(name)
	if !ok {
		return Dashboard{}, noDashboard(name)
	}
	return d, nil
}

// Dashboards lists the dashboards by name.
func (s *Service) Dashboards() []Dashboard { return s.dashboards.All() }

// DeleteDashboard deletes a dashboard.
func (s *Service) DeleteDashboard(name string) error {
	if !s.dashboards.Delete(name) {
		return noDashboard(name)
	}
	return nil
}

func noDashboard(name string) error {
	return awserr.NotFound(404, "ResourceNotFound", "Dashboard %s does not exist", name)
}
