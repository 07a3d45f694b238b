package traffic

import (
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/components/internal/alarm"
	"aurora-dsql-dr/lambda/contract"
)

// expiryDays is when somebody has to look after a certificate. Certificate Manager begins to renew it 45 days before it
// expires at the latest, and needs no more than its records ("Managed certificate renewal", ACM User Guide).
const expiryDays = 30

// livezPeriod is that of the alarms on the open route.
const livezPeriod = time.Minute

// watch creates the alarms on what serves the region's clients.
func (d *RegionalDomain) watch(ctx *pulumi.Context, name string, args *RegionalDomainArgs) error {
	set := &alarm.Set{Context: ctx, Parent: d}
	for _, watched := range []struct {
		what string
		args cloudwatch.MetricAlarmArgs
	}{{"-expiry", d.expiry(args)}, {"-livez-refused", refused(args)}, {"-livez-errors", broken(args)}} {
		if _, err := set.Metric(args.Region.Provider, args.Topic.ARN, name+watched.what, watched.args); err != nil {
			return err
		}
	}
	d.Alarms = components.AlarmList{ARNs: set.ARNs, Names: set.Names}
	return nil
}

// expiry alarms on a certificate that is not renewed. Its days are published twice a day ("Supported CloudWatch
// metrics", ACM User Guide), so that a day without any says nothing.
func (d *RegionalDomain) expiry(args *RegionalDomainArgs) cloudwatch.MetricAlarmArgs {
	return cloudwatch.MetricAlarmArgs{
		AlarmDescription: alarm.Described("The certificate of "+args.Domain+" in "+args.Region.Name+
			" is not renewed and expires soon.", args.Runbooks, contract.RunbookCertificate),
		Namespace:          pulumi.String("AWS/CertificateManager"),
		MetricName:         pulumi.String("DaysToExpiry"),
		Dimensions:         pulumi.StringMap{"CertificateArn": d.Certificate.Arn},
		Statistic:          pulumi.String("Minimum"),
		Period:             pulumi.Int(int((24 * time.Hour).Seconds())),
		EvaluationPeriods:  pulumi.Int(1),
		Threshold:          pulumi.Float64(expiryDays),
		ComparisonOperator: pulumi.String(alarm.Below),
		TreatMissingData:   pulumi.String(alarm.MissingIsUnknown),
	}
}

// refused alarms when the open route refuses requests: health checkers take a 429 for a region that does not serve.
func refused(args *RegionalDomainArgs) cloudwatch.MetricAlarmArgs {
	open := args.Service.Open
	_, path, _ := strings.Cut(open.Key, " ")
	return alarm.OutOf(alarm.Count("AWS/ApiGateway", "4xx", open.Dimensions(args.Service), livezPeriod, alarm.Described(
		"Requests for "+path+" in "+args.Region.Name+" are refused, health checkers' perhaps as well: somebody floods it.",
		args.Runbooks, contract.RunbookTraffic)), 2, 2)
}

// broken alarms when the open route's function fails: clients leave a region that may be well, and nothing else tells
// it.
func broken(args *RegionalDomainArgs) cloudwatch.MetricAlarmArgs {
	function := pulumi.StringMap{"FunctionName": args.Service.Open.Function.Function.Name}
	return alarm.OutOf(alarm.Count("AWS/Lambda", "Errors", function, livezPeriod, alarm.Described(
		"What tells health checkers whether "+args.Region.Name+" serves fails: clients are led away.", args.Runbooks,
		contract.RunbookTraffic)), 2, 3)
}
