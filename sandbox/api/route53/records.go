package route53

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/route53"
)

func change(
	c *call.Call,
	in *sdk.ChangeResourceRecordSetsInput,
) (*sdk.ChangeResourceRecordSetsOutput, error) {
	id := aws.ToString(in.HostedZoneId)
	if err := c.Authorize("route53:ChangeResourceRecordSets", arn("hostedzone", id), nil); err != nil {
		return nil, err
	}
	if in.ChangeBatch == nil {
		return nil, awserr.Invalid("InvalidInput", "ChangeBatch is missing")
	}
	var changes []route53.Change
	for _, asked := range in.ChangeBatch.Changes {
		made, err := read(asked)
		if err != nil {
			return nil, err
		}
		changes = append(changes, made)
	}
	info, err := c.Account.Route53.ChangeRecordSets(id, aws.ToString(in.ChangeBatch.Comment), changes)
	if err != nil {
		return nil, err
	}
	return &sdk.ChangeResourceRecordSetsOutput{ChangeInfo: changeShape(info, types.ChangeStatusPending)}, nil
}

func read(asked types.Change) (route53.Change, error) {
	r := asked.ResourceRecordSet
	if r == nil {
		return route53.Change{}, awserr.Invalid("InvalidInput", "ResourceRecordSet is missing")
	}
	err := notModelled(map[string]bool{
		"GeoLocation":             r.GeoLocation != nil,
		"GeoProximityLocation":    r.GeoProximityLocation != nil,
		"CidrRoutingConfig":       r.CidrRoutingConfig != nil,
		"MultiValueAnswer":        r.MultiValueAnswer != nil,
		"TrafficPolicyInstanceId": r.TrafficPolicyInstanceId != nil,
	})
	set := route53.RecordSet{
		Name:          aws.ToString(r.Name),
		Type:          string(r.Type),
		SetIdentifier: aws.ToString(r.SetIdentifier),
		Weight:        r.Weight,
		Region:        string(r.Region),
		Failover:      string(r.Failover),
		TTL:           r.TTL,
		HealthCheckID: aws.ToString(r.HealthCheckId),
	}
	for _, record := range r.ResourceRecords {
		set.Values = append(set.Values, aws.ToString(record.Value))
	}
	if a := r.AliasTarget; a != nil {
		set.Alias = &route53.Alias{
			Name:                 aws.ToString(a.DNSName),
			ZoneID:               aws.ToString(a.HostedZoneId),
			EvaluateTargetHealth: a.EvaluateTargetHealth,
		}
	}
	return route53.Change{Action: string(asked.Action), Set: set}, err
}

func listRecords(
	c *call.Call,
	in *sdk.ListResourceRecordSetsInput,
) (*sdk.ListResourceRecordSetsOutput, error) {
	id := aws.ToString(in.HostedZoneId)
	if err := c.Authorize("route53:ListResourceRecordSets", arn("hostedzone", id), nil); err != nil {
		return nil, err
	}
	most, err := size(in.MaxItems, recordsPerPage)
	if err != nil {
		return nil, err
	}
	if in.StartRecordType != "" && in.StartRecordName == nil ||
		in.StartRecordIdentifier != nil && in.StartRecordType == "" {
		return nil, awserr.Invalid("InvalidInput", "A start needs a name before a type, and a type before an identifier.")
	}
	sets, err := c.Account.Route53.RecordSetsFrom(id, route53.RecordSet{
		Name:          aws.ToString(in.StartRecordName),
		Type:          string(in.StartRecordType),
		SetIdentifier: aws.ToString(in.StartRecordIdentifier),
	})
	if err != nil {
		return nil, err
	}
	out := &sdk.ListResourceRecordSetsOutput{
		ResourceRecordSets: []types.ResourceRecordSet{},
		MaxItems:           wire.Small(most),
	}
	if len(sets) > most {
		next := sets[most]
		out.IsTruncated = true
		out.NextRecordName = aws.String(route53.Escaped(next.Name))
		out.NextRecordType = types.RRType(next.Type)
		out.NextRecordIdentifier = wire.Optional(next.SetIdentifier)
		sets = sets[:most]
	}
	for _, r := range sets {
		out.ResourceRecordSets = append(out.ResourceRecordSets, recordShape(r))
	}
	return out, nil
}

func recordShape(r route53.RecordSet) types.ResourceRecordSet {
	shape := types.ResourceRecordSet{
		Name:          aws.String(route53.Escaped(r.Name)),
		Type:          types.RRType(r.Type),
		SetIdentifier: wire.Optional(r.SetIdentifier),
		Weight:        r.Weight,
		Region:        types.ResourceRecordSetRegion(r.Region),
		Failover:      types.ResourceRecordSetFailover(r.Failover),
		TTL:           r.TTL,
		HealthCheckId: wire.Optional(r.HealthCheckID),
	}
	for _, value := range r.Values {
		shape.ResourceRecords = append(shape.ResourceRecords, types.ResourceRecord{Value: aws.String(value)})
	}
	if r.Alias != nil {
		shape.AliasTarget = &types.AliasTarget{
			DNSName:              aws.String(route53.Escaped(r.Alias.Name)),
			HostedZoneId:         &r.Alias.ZoneID,
			EvaluateTargetHealth: r.Alias.EvaluateTargetHealth,
		}
	}
	return shape
}
