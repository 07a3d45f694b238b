package components

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/lambda/contract"
)

// DrDashboardArgs configures a DrDashboard.
type DrDashboardArgs struct {
	// Region the dashboard is created through. Required. Dashboards are global: the console shows them from every region.
	Region Region
	// DashboardName is the name, which CloudWatch wants given. Required.
	DashboardName pulumi.StringInput
	// Title is the heading of the page. Required.
	Title string
	// Runbooks are linked from the header. Required.
	Runbooks contract.Runbooks
	// Databases are the two sides. Required.
	Databases []*DsqlSide
	// Monitors are the observers, and Schedules their schedules in the same order. Required.
	Monitors  []*RegionalMonitor
	Schedules []*MonitorSchedule
	// Applications are the regions' parts of the application. Optional.
	Applications []DashboardApplication
	// AlarmARNs are the alarms to show, by region. Required.
	AlarmARNs map[string]pulumi.StringArray
}

// DashboardApplication is a region's part of the application.
type DashboardApplication struct {
	Service   *TransactionService
	Publisher *OutboxPublisher
	Processor *EventProcessor
	Bus       *RegionalBus
}

// DrDashboard is the one page that answers "is it up, and since when not". Every widget reads the region that owns its
// metrics.
type DrDashboard struct {
	pulumi.ResourceState

	// Name of the dashboard.
	Name pulumi.StringOutput
}

// NewDrDashboard creates the dashboard.
func NewDrDashboard(ctx *pulumi.Context, name string, args *DrDashboardArgs, opts ...pulumi.ResourceOption) (*DrDashboard, error) {
	if err := args.validate(); err != nil {
		return nil, fmt.Errorf("DrDashboard %q: %w", name, err)
	}
	d := &DrDashboard{}
	if err := ctx.RegisterComponentResource(token("DrDashboard"), name, d, opts...); err != nil {
		return nil, err
	}
	dashboard, err := cloudwatch.NewDashboard(ctx, name, &cloudwatch.DashboardArgs{
		DashboardName: args.DashboardName,
		DashboardBody: args.body(),
	}, args.Region.child(d)...)
	if err != nil {
		return nil, err
	}
	d.Name = dashboard.DashboardName
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"name": d.Name})
}

// ConsoleURL is where the dashboard is shown, by way of one region's console: any living region will do.
func (d *DrDashboard) ConsoleURL(region string) pulumi.StringOutput {
	return d.Name.ApplyT(func(name string) string {
		return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/cloudwatch/home?region=%[1]s#dashboards/dashboard/%[2]s", region, url.PathEscape(name))
	}).(pulumi.StringOutput)
}

func (a *DrDashboardArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{required(a.Region.required("Region"), map[string]bool{
		"DashboardName": a.DashboardName != nil, "Title": a.Title != "", "Runbooks": a.Runbooks != "", "AlarmARNs": len(a.AlarmARNs) > 0,
	})}
	if len(a.Databases) != 2 || len(a.Monitors) != 3 || len(a.Schedules) != 3 {
		problems = append(problems, fmt.Errorf("there are %d Databases, %d Monitors and %d Schedules, want 2, 3 and 3", len(a.Databases), len(a.Monitors), len(a.Schedules)))
	}
	return errors.Join(problems...)
}

func (a *DrDashboardArgs) body() pulumi.StringOutput {
	var clusters, functions, rules, queues pulumi.StringArray
	for _, d := range a.Databases {
		clusters = append(clusters, d.Identifier)
	}
	for i, m := range a.Monitors {
		functions, rules, queues = append(functions, m.Function.Function.Name), append(rules, a.Schedules[i].Rule.Name), append(queues, m.Function.DeadLetters.Name)
	}
	regions := sortedKeys(a.AlarmARNs)
	alarms := make(pulumi.StringArrayArray, len(regions))
	for i, region := range regions {
		alarms[i] = a.AlarmARNs[region]
	}
	applications := make(pulumi.StringArrayArray, len(a.Applications))
	for i, p := range a.Applications {
		applications[i] = pulumi.StringArray{
			p.Service.Function.Function.Name, p.Publisher.Function.Function.Name, p.Processor.Function.Function.Name, p.Bus.Bus.Name, p.Bus.Forward.Name, p.Bus.Undelivered.Name,
		}
	}
	return pulumi.All(clusters, functions, rules, queues, alarms, applications).ApplyT(func(v []any) (string, error) {
		facts := dashboardFacts{
			Title: a.Title, Runbooks: a.Runbooks,
			Period: int(a.Monitors[0].settings.Schedule.Seconds()), Full: a.Monitors[0].settings.MetricsFull,
		}
		for i, id := range v[0].([]string) {
			facts.Databases = append(facts.Databases, databaseFacts{Region: a.Databases[i].Region, ClusterID: id})
		}
		for i, function := range v[1].([]string) {
			facts.Monitors = append(facts.Monitors, monitorFacts{
				Region: a.Monitors[i].Region.Name, Function: function, Rule: v[2].([]string)[i], DeadLetters: v[3].([]string)[i],
			})
		}
		for i, arns := range v[4].([][]string) {
			facts.Alarms = append(facts.Alarms, alarmFacts{Region: regions[i], ARNs: arns})
		}
		for i, names := range v[5].([][]string) {
			facts.Applications = append(facts.Applications, applicationFacts{
				Region: a.Applications[i].Service.Region.Name, Service: names[0], Publisher: names[1], Processor: names[2], Bus: names[3], Forward: names[4], Undelivered: names[5],
			})
		}
		return renderDashboard(facts)
	}).(pulumi.StringOutput)
}
