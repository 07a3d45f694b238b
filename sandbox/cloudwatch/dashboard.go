package cloudwatch

import (
	"encoding/json"

	"aurora-dsql-dr/sandbox/awserr"
)

// Dashboard is a dashboard. DashboardArn is given by CloudWatch.
type Dashboard struct {
	DashboardName string `json:"dashboardName"`
	DashboardBody string `json:"dashboardBody"`
	DashboardArn  string `json:"dashboardArn"`
}

// PutDashboard creates or replaces a dashboard. The body must be a JSON object; widgets are not looked at.
func (s *Service) PutDashboard(d Dashboard) (Dashboard, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal([]byte(d.DashboardBody), &body); err != nil {
		return Dashboard{}, awserr.Invalid("InvalidParameterInput", "The body of dashboard %s is not a JSON object: %v", d.DashboardName, err)
	}
	d.DashboardArn = "arn:aws:cloudwatch::" + s.env.Account + ":dashboard/" + d.DashboardName
	s.dashboards.Put(d.DashboardName, d)
	return d, nil
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
