package claims

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

var dashboard = &Kind{
	Name:   "dashboard",
	USD:    3.0 / 730,
	Basis:  "$3.00 a month",
	global: true,
	list: func(ctx context.Context, config aws.Config) (found []thing, err error) {
		in := &cloudwatch.ListDashboardsInput{DashboardNamePrefix: aws.String(prefix)}
		for p := cloudwatch.NewListDashboardsPaginator(cloudwatch.NewFromConfig(config), in); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, d := range page.DashboardEntries {
				found = append(found, thing{name: aws.ToString(d.DashboardName)})
			}
		}
		return found, nil
	},
	remove: func(ctx context.Context, config aws.Config, t thing) error {
		in := &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{*t.key()}}
		_, err := cloudwatch.NewFromConfig(config).DeleteDashboards(ctx, in)
		return err
	},
}

func dashboardsAreRefused(c *Case) error {
	client := cloudwatch.NewFromConfig(c.primary())
	many := `{"widgets":[{}` + strings.Repeat(",{}", 500) + `]}`
	for _, wrong := range []struct{ what, ending, body string }{
		{"a dot in its name", ".x", `{"widgets":[]}`},
		{"a name of 256 characters", strings.Repeat("x", 254-len(c.run.ID)), `{"widgets":[]}`},
		{"a body that is no object", "", `[]`},
		{"a body without widgets", "", `{}`},
		{"501 widgets", "", many},
	} {
		_, err := c.make(dashboard, c.primary(), "d", func(name string) (string, error) {
			name += wrong.ending
			_, err := client.PutDashboard(c, &cloudwatch.PutDashboardInput{
				DashboardName: &name,
				DashboardBody: &wrong.body,
			})
			return name, err
		})
		c.refused("PutDashboard with "+wrong.what, err, "InvalidParameterInput")
	}
	return nil
}
