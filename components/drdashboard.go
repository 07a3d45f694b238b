package components

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components/internal/dashboard"
	"aurora-dsql-dr/components/internal/part"
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
	// Schedules run the three observers. Required.
	Schedules []*MonitorSchedule
	// Schedule is the time between two runs: a sample each. Required.
	Schedule time.Duration
	// MetricsFull says that latencies and marker age are published. Optional; defaults to off.
	MetricsFull bool
	// Applications are the regions' parts of the application. Optional.
	Applications []DashboardApplication
	// Traffic is what a component that routes it shows of each data region. Optional.
	Traffic pulumi.Array
	// Backups is what a component that makes them shows of each data region. Optional.
	Backups pulumi.Array
	// Endpoints decide in each data region whether the other one is lost; their alarms come first. Required.
	Endpoints []*EndpointAlarms
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
func NewDrDashboard(
	ctx *pulumi.Context, name string, args *DrDashboardArgs, opts ...pulumi.ResourceOption,
) (*DrDashboard, error) {
	d := &DrDashboard{}
	if err := part.Open(ctx, "DrDashboard", name, d, args.validate(), opts); err != nil {
		return nil, err
	}
	page, err := cloudwatch.NewDashboard(ctx, name, &cloudwatch.DashboardArgs{
		DashboardName: args.DashboardName,
		DashboardBody: args.body(),
	}, args.Region.Child(d)...)
	if err != nil {
		return nil, err
	}
	d.Name = page.DashboardName
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"name": d.Name})
}

// ConsoleURL is where the dashboard is shown, by way of one region's console: any living region will do.
func (d *DrDashboard) ConsoleURL(region string) pulumi.StringOutput {
	return d.Name.ApplyT(func(name string) string {
		return fmt.Sprintf("https://%[1]s.console.aws.amazon.com/cloudwatch/home?region=%[1]s#dashboards/dashboard/%[2]s",
			region, url.PathEscape(name))
	}).(pulumi.StringOutput)
}

func (a *DrDashboardArgs) validate() error {
	if a == nil {
		return errors.New("args are required")
	}
	problems := []error{part.Required(a.Region.Required("Region"), map[string]bool{
		"DashboardName": a.DashboardName != nil,
		"Title":         a.Title != "",
		"Runbooks":      a.Runbooks != "",
		"Schedule":      a.Schedule > 0,
		"AlarmARNs":     len(a.AlarmARNs) > 0,
	})}
	if len(a.Databases) != 2 || len(a.Schedules) != 3 || len(a.Endpoints) != 2 {
		problems = append(problems, fmt.Errorf("there are %d Databases, %d Schedules and %d Endpoints: want 2, 3 and 2",
			len(a.Databases), len(a.Schedules), len(a.Endpoints)))
	}
	return errors.Join(problems...)
}

// body renders what every part says of itself, once all of it is known.
func (a *DrDashboardArgs) body() pulumi.StringOutput {
	var databases, monitors, losses, alarms, applications pulumi.Array
	for _, d := range a.Databases {
		databases = append(databases, d.facts())
	}
	for _, s := range a.Schedules {
		monitors = append(monitors, s.facts())
	}
	for _, e := range slices.Backward(a.Endpoints) { // the second region decides about the first
		losses = append(losses, e.facts())
	}
	for _, region := range slices.Sorted(maps.Keys(a.AlarmARNs)) {
		alarms = append(alarms, alarmFacts(region, a.AlarmARNs[region]))
	}
	for _, p := range a.Applications {
		applications = append(applications, p.facts())
	}
	return pulumi.All(databases, monitors, losses, alarms, applications, a.Traffic,
		a.Backups).ApplyT(func(v []any) (string, error) {
		return dashboard.Render(dashboard.Facts{
			Title:        a.Title,
			Runbooks:     a.Runbooks,
			Period:       int(a.Schedule.Seconds()),
			Full:         a.MetricsFull,
			Databases:    listOf[dashboard.Database](v[0]),
			Monitors:     listOf[dashboard.Monitor](v[1]),
			Losses:       listOf[dashboard.Loss](v[2]),
			Alarms:       listOf[dashboard.Alarms](v[3]),
			Applications: listOf[dashboard.Application](v[4]),
			Traffic:      listOf[dashboard.Traffic](v[5]),
			Backups:      listOf[dashboard.Backup](v[6]),
			Percentile:   transactionPercentile,
		})
	}).(pulumi.StringOutput)
}

// alarmFacts are the alarms of a region.
func alarmFacts(region string, arns pulumi.StringArray) pulumi.Output {
	return arns.ToStringArrayOutput().ApplyT(func(known []string) dashboard.Alarms {
		return dashboard.Alarms{Region: region, ARNs: known}
	})
}

// facts are what the dashboard shows of a region's part of the application.
func (d DashboardApplication) facts() pulumi.Output {
	return pulumi.All(
		d.Service.Function.Function.Name,
		d.Publisher.Function.Function.Name,
		d.Processor.Function.Function.Name,
		d.Bus.Bus.Name,
		d.Bus.Forward.Name,
		d.Bus.Undelivered.Name,
	).ApplyT(func(v []any) dashboard.Application {
		return dashboard.Application{
			Region:      d.Service.Region.Name,
			Service:     v[0].(string),
			Publisher:   v[1].(string),
			Processor:   v[2].(string),
			Bus:         v[3].(string),
			Forward:     v[4].(string),
			Undelivered: v[5].(string),
		}
	})
}

// listOf are the elements of a pulumi.Array that have become known.
func listOf[T any](known any) []T {
	var out []T
	for _, element := range known.([]any) {
		out = append(out, element.(T))
	}
	return out
}
