package route53

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudwatch"
	"aurora-dsql-dr/sandbox/route53"
)

func createCheck(c *call.Call, in *sdk.CreateHealthCheckInput) (*sdk.CreateHealthCheckOutput, error) {
	if err := c.Authorize("route53:CreateHealthCheck", "*", nil); err != nil {
		return nil, err
	}
	asked := in.HealthCheckConfig
	if asked == nil {
		return nil, awserr.Invalid("InvalidInput", "HealthCheckConfig is missing")
	}
	if err := notModelled(map[string]bool{
		"IPAddress":         asked.IPAddress != nil,
		"MeasureLatency":    aws.ToBool(asked.MeasureLatency),
		"RoutingControlArn": asked.RoutingControlArn != nil,
		"SearchString":      asked.SearchString != nil,
	}); err != nil {
		return nil, err
	}
	hc, err := c.Account.Route53.CreateHealthCheck(aws.ToString(in.CallerReference), readConfig(asked))
	if err != nil {
		return nil, err
	}
	return &sdk.CreateHealthCheckOutput{HealthCheck: checkShape(hc), Location: location(c, "/healthcheck/"+hc.ID)}, nil
}

func readConfig(asked *types.HealthCheckConfig) route53.Config {
	config := route53.Config{
		Type:             string(asked.Type),
		Inverted:         aws.ToBool(asked.Inverted),
		Disabled:         aws.ToBool(asked.Disabled),
		FQDN:             aws.ToString(asked.FullyQualifiedDomainName),
		Port:             int(aws.ToInt32(asked.Port)),
		ResourcePath:     aws.ToString(asked.ResourcePath),
		RequestInterval:  int(aws.ToInt32(asked.RequestInterval)),
		FailureThreshold: int(aws.ToInt32(asked.FailureThreshold)),
		EnableSNI:        asked.EnableSNI,
		Regions:          regions(asked.Regions),
		Children:         asked.ChildHealthChecks,
		HealthThreshold:  number(asked.HealthThreshold),
		InsufficientData: string(asked.InsufficientDataHealthStatus),
	}
	if alarm := asked.AlarmIdentifier; alarm != nil {
		config.AlarmRegion, config.AlarmName = string(alarm.Region), aws.ToString(alarm.Name)
	}
	return config
}

func regions(asked []types.HealthCheckRegion) (names []string) {
	for _, r := range asked {
		names = append(names, string(r))
	}
	return names
}

func number(n *int32) *int {
	if n == nil {
		return nil
	}
	return aws.Int(int(*n))
}

func updateCheck(c *call.Call, in *sdk.UpdateHealthCheckInput) (*sdk.UpdateHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	if err := c.Authorize("route53:UpdateHealthCheck", arn("healthcheck", id), nil); err != nil {
		return nil, err
	}
	if err := notModelled(map[string]bool{
		"IPAddress":     in.IPAddress != nil,
		"SearchString":  in.SearchString != nil,
		"ResetElements": len(in.ResetElements) > 0,
	}); err != nil {
		return nil, err
	}
	u := route53.Update{
		Inverted:         in.Inverted,
		Disabled:         in.Disabled,
		FQDN:             in.FullyQualifiedDomainName,
		ResourcePath:     in.ResourcePath,
		Port:             number(in.Port),
		FailureThreshold: number(in.FailureThreshold),
		EnableSNI:        in.EnableSNI,
		Regions:          regions(in.Regions),
		Children:         in.ChildHealthChecks,
		HealthThreshold:  number(in.HealthThreshold),
		InsufficientData: wire.Optional(string(in.InsufficientDataHealthStatus)),
	}
	if alarm := in.AlarmIdentifier; alarm != nil {
		u.AlarmRegion, u.AlarmName = string(alarm.Region), aws.ToString(alarm.Name)
	}
	hc, err := c.Account.Route53.UpdateHealthCheck(id, aws.ToInt64(in.HealthCheckVersion), u)
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateHealthCheckOutput{HealthCheck: checkShape(hc)}, nil
}

func getCheck(c *call.Call, in *sdk.GetHealthCheckInput) (*sdk.GetHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	if err := c.Authorize("route53:GetHealthCheck", arn("healthcheck", id), nil); err != nil {
		return nil, err
	}
	hc, err := c.Account.Route53.HealthCheck(id)
	if err != nil {
		return nil, err
	}
	return &sdk.GetHealthCheckOutput{HealthCheck: checkShape(hc)}, nil
}

func listChecks(c *call.Call, in *sdk.ListHealthChecksInput) (*sdk.ListHealthChecksOutput, error) {
	if err := c.Authorize("route53:ListHealthChecks", "*", nil); err != nil {
		return nil, err
	}
	most, err := size(in.MaxItems, perPage)
	if err != nil {
		return nil, err
	}
	id := func(hc route53.HealthCheck) string { return hc.ID }
	checks, next, err := page(c.Account.Route53.HealthChecks(), in.Marker, most, id)
	if err != nil {
		return nil, err
	}
	out := &sdk.ListHealthChecksOutput{
		HealthChecks: []types.HealthCheck{},
		IsTruncated:  next != "",
		Marker:       aws.String(aws.ToString(in.Marker)), // required, also of the first page
		NextMarker:   wire.Optional(next),
		MaxItems:     wire.Small(most),
	}
	for _, hc := range checks {
		out.HealthChecks = append(out.HealthChecks, *checkShape(hc))
	}
	return out, nil
}

func deleteCheck(c *call.Call, in *sdk.DeleteHealthCheckInput) (*sdk.DeleteHealthCheckOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	if err := c.Authorize("route53:DeleteHealthCheck", arn("healthcheck", id), nil); err != nil {
		return nil, err
	}
	return &sdk.DeleteHealthCheckOutput{}, c.Account.Route53.DeleteHealthCheck(id)
}

func getStatus(c *call.Call, in *sdk.GetHealthCheckStatusInput) (*sdk.GetHealthCheckStatusOutput, error) {
	id := aws.ToString(in.HealthCheckId)
	if err := c.Authorize("route53:GetHealthCheckStatus", arn("healthcheck", id), nil); err != nil {
		return nil, err
	}
	seen, err := c.Account.Route53.Status(id)
	if err != nil {
		return nil, err
	}
	out := &sdk.GetHealthCheckStatusOutput{HealthCheckObservations: []types.HealthCheckObservation{}}
	for _, o := range seen {
		out.HealthCheckObservations = append(out.HealthCheckObservations, types.HealthCheckObservation{
			Region:       types.HealthCheckRegion(o.Region),
			IPAddress:    &o.Address,
			StatusReport: &types.StatusReport{Status: &o.Status, CheckedTime: &o.At},
		})
	}
	return out, nil
}

func checkShape(hc route53.HealthCheck) *types.HealthCheck {
	config := hc.Config
	shape := &types.HealthCheckConfig{
		Type:                         types.HealthCheckType(config.Type),
		Inverted:                     &config.Inverted,
		Disabled:                     &config.Disabled,
		FullyQualifiedDomainName:     wire.Optional(config.FQDN),
		ResourcePath:                 wire.Optional(config.ResourcePath),
		EnableSNI:                    config.EnableSNI,
		InsufficientDataHealthStatus: types.InsufficientDataHealthStatus(config.InsufficientData),
	}
	switch config.Type {
	case route53.HTTPS:
		shape.Port = wire.Small(config.Port)
		shape.RequestInterval = wire.Small(config.RequestInterval)
		shape.FailureThreshold = wire.Small(config.FailureThreshold)
		shape.MeasureLatency = aws.Bool(false)
		for _, r := range config.Regions {
			shape.Regions = append(shape.Regions, types.HealthCheckRegion(r))
		}
	case route53.Calculated:
		shape.HealthThreshold = wire.Small(*config.HealthThreshold)
		shape.ChildHealthChecks = config.Children
	case route53.CloudWatchMetric:
		shape.AlarmIdentifier = &types.AlarmIdentifier{
			Name:   &config.AlarmName,
			Region: types.CloudWatchRegion(config.AlarmRegion),
		}
	}
	return &types.HealthCheck{
		Id:                           &hc.ID,
		CallerReference:              &hc.CallerReference,
		HealthCheckVersion:           &hc.Version,
		HealthCheckConfig:            shape,
		CloudWatchAlarmConfiguration: alarmShape(hc.Alarm),
	}
}

// alarmShape are the settings that the check has of the alarm.
func alarmShape(a *cloudwatch.MetricAlarm) *types.CloudWatchAlarmConfiguration {
	if a == nil {
		return nil
	}
	shape := &types.CloudWatchAlarmConfiguration{
		Namespace:          &a.Namespace,
		MetricName:         &a.MetricName,
		Statistic:          types.Statistic(a.Statistic),
		ComparisonOperator: types.ComparisonOperator(a.ComparisonOperator),
		Threshold:          a.Threshold,
		EvaluationPeriods:  wire.Small(a.EvaluationPeriods),
		Period:             wire.Small(a.Period),
	}
	for _, name := range slices.Sorted(maps.Keys(a.Dimensions)) {
		shape.Dimensions = append(shape.Dimensions, types.Dimension{
			Name:  aws.String(name),
			Value: aws.String(a.Dimensions[name]),
		})
	}
	return shape
}
