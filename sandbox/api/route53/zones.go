package route53

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/route53"
)

func createZone(c *call.Call, in *sdk.CreateHostedZoneInput) (*sdk.CreateHostedZoneOutput, error) {
	if err := c.Authorize("route53:CreateHostedZone", "*", nil); err != nil {
		return nil, err
	}
	config := in.HostedZoneConfig
	if config == nil {
		config = &types.HostedZoneConfig{}
	}
	if err := notModelled(map[string]bool{
		"VPC":             in.VPC != nil,
		"PrivateZone":     config.PrivateZone,
		"DelegationSetId": in.DelegationSetId != nil,
	}); err != nil {
		return nil, err
	}
	z, info, err := c.Account.Route53.CreateZone(aws.ToString(in.Name), aws.ToString(in.CallerReference),
		aws.ToString(config.Comment))
	if err != nil {
		return nil, err
	}
	return &sdk.CreateHostedZoneOutput{
		HostedZone:    zoneShape(z),
		ChangeInfo:    changeShape(info, types.ChangeStatusPending),
		DelegationSet: &types.DelegationSet{NameServers: route53.NameServers},
		Location:      location(c, "/hostedzone/"+z.ID),
	}, nil
}

func zoneShape(z route53.Zone) *types.HostedZone {
	return &types.HostedZone{
		Id:                     aws.String("/hostedzone/" + z.ID),
		Name:                   &z.Name,
		CallerReference:        &z.CallerReference,
		Config:                 &types.HostedZoneConfig{Comment: wire.Optional(z.Comment)},
		ResourceRecordSetCount: aws.Int64(int64(z.Records)),
	}
}

func getZone(c *call.Call, in *sdk.GetHostedZoneInput) (*sdk.GetHostedZoneOutput, error) {
	if err := c.Authorize("route53:GetHostedZone", arn("hostedzone", aws.ToString(in.Id)), nil); err != nil {
		return nil, err
	}
	z, err := c.Account.Route53.Zone(aws.ToString(in.Id))
	if err != nil {
		return nil, err
	}
	return &sdk.GetHostedZoneOutput{
		HostedZone:    zoneShape(z),
		DelegationSet: &types.DelegationSet{NameServers: route53.NameServers},
	}, nil
}

func listZones(c *call.Call, in *sdk.ListHostedZonesInput) (*sdk.ListHostedZonesOutput, error) {
	if err := c.Authorize("route53:ListHostedZones", "*", nil); err != nil {
		return nil, err
	}
	if err := notModelled(map[string]bool{
		"DelegationSetId": in.DelegationSetId != nil,
		"HostedZoneType":  in.HostedZoneType != "",
	}); err != nil {
		return nil, err
	}
	most, err := size(in.MaxItems, perPage)
	if err != nil {
		return nil, err
	}
	zones, next, err := page(c.Account.Route53.Zones(), in.Marker, most, func(z route53.Zone) string { return z.ID })
	if err != nil {
		return nil, err
	}
	out := &sdk.ListHostedZonesOutput{
		HostedZones: []types.HostedZone{},
		IsTruncated: next != "",
		Marker:      in.Marker,
		NextMarker:  wire.Optional(next),
		MaxItems:    wire.Small(most),
	}
	for _, z := range zones {
		out.HostedZones = append(out.HostedZones, *zoneShape(z))
	}
	return out, nil
}

func deleteZone(c *call.Call, in *sdk.DeleteHostedZoneInput) (*sdk.DeleteHostedZoneOutput, error) {
	if err := c.Authorize("route53:DeleteHostedZone", arn("hostedzone", aws.ToString(in.Id)), nil); err != nil {
		return nil, err
	}
	info, err := c.Account.Route53.DeleteZone(aws.ToString(in.Id))
	if err != nil {
		return nil, err
	}
	return &sdk.DeleteHostedZoneOutput{ChangeInfo: changeShape(info, types.ChangeStatusPending)}, nil
}

// changeShape is a change; it is PENDING when it is submitted, and INSYNC as soon as somebody asks.
func changeShape(info route53.ChangeInfo, status types.ChangeStatus) *types.ChangeInfo {
	return &types.ChangeInfo{
		Id:          aws.String("/change/" + info.ID),
		Status:      status,
		SubmittedAt: &info.SubmittedAt,
		Comment:     wire.Optional(info.Comment),
	}
}

func getChange(c *call.Call, in *sdk.GetChangeInput) (*sdk.GetChangeOutput, error) {
	if err := c.Authorize("route53:GetChange", arn("change", aws.ToString(in.Id)), nil); err != nil {
		return nil, err
	}
	info, err := c.Account.Route53.Change(aws.ToString(in.Id))
	if err != nil {
		return nil, err
	}
	return &sdk.GetChangeOutput{ChangeInfo: changeShape(info, types.ChangeStatusInsync)}, nil
}

func listTags(c *call.Call, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	kind, id := string(in.ResourceType), aws.ToString(in.ResourceId)
	if err := c.Authorize("route53:ListTagsForResource", arn(kind, id), nil); err != nil {
		return nil, err
	}
	tags, err := c.Account.Route53.Tags(kind, id)
	if err != nil {
		return nil, err
	}
	set := &types.ResourceTagSet{ResourceId: &id, ResourceType: in.ResourceType, Tags: []types.Tag{}}
	for key, value := range tags {
		set.Tags = append(set.Tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return &sdk.ListTagsForResourceOutput{ResourceTagSet: set}, nil
}

func changeTags(c *call.Call, in *sdk.ChangeTagsForResourceInput) (*sdk.ChangeTagsForResourceOutput, error) {
	kind, id := string(in.ResourceType), aws.ToString(in.ResourceId)
	if err := c.Authorize("route53:ChangeTagsForResource", arn(kind, id), nil); err != nil {
		return nil, err
	}
	add := map[string]string{}
	for _, tag := range in.AddTags {
		add[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	err := c.Account.Route53.ChangeTags(kind, id, add, in.RemoveTagKeys)
	return &sdk.ChangeTagsForResourceOutput{}, err
}
