package cloudtrail

import (
	"cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/cloudtrail"
)

func selectors(c *call.Call, in *sdk.GetEventSelectorsInput) (*sdk.GetEventSelectorsOutput, error) {
	t, err := find(c, "GetEventSelectors", in.TrailName)
	if err != nil {
		return nil, err
	}
	return &sdk.GetEventSelectorsOutput{
		TrailARN:               &t.ARN,
		EventSelectors:         basicShapes(t.Basic),
		AdvancedEventSelectors: advancedShapes(t.Advanced),
	}, nil
}

func putSelectors(c *call.Call, in *sdk.PutEventSelectorsInput) (*sdk.PutEventSelectorsOutput, error) {
	if err := authorize(c, "PutEventSelectors", in.TrailName); err != nil {
		return nil, err
	}
	t, err := c.Account.CloudTrail.Select(c.Region.Name, aws.ToString(in.TrailName), basic(in.EventSelectors),
		advanced(in.AdvancedEventSelectors))
	if err != nil {
		return nil, err
	}
	return &sdk.PutEventSelectorsOutput{
		TrailARN:               &t.ARN,
		EventSelectors:         basicShapes(t.Basic),
		AdvancedEventSelectors: advancedShapes(t.Advanced),
	}, nil
}

func basic(in []types.EventSelector) (all []cloudtrail.Selector) {
	for _, s := range in {
		to := cloudtrail.Selector{
			ReadWriteType: cmp.Or(string(s.ReadWriteType), cloudtrail.All),
			Management:    s.IncludeManagementEvents == nil || *s.IncludeManagementEvents,
			Excluded:      s.ExcludeManagementEventSources,
		}
		for _, d := range s.DataResources {
			to.Data = append(to.Data, cloudtrail.DataResource{Type: aws.ToString(d.Type), Values: d.Values})
		}
		all = append(all, to)
	}
	return all
}

func basicShapes(selectors []cloudtrail.Selector) (all []types.EventSelector) {
	for _, s := range selectors {
		to := types.EventSelector{
			DataResources:                 []types.DataResource{},
			ExcludeManagementEventSources: append([]string{}, s.Excluded...),
			IncludeManagementEvents:       &s.Management,
			ReadWriteType:                 types.ReadWriteType(s.ReadWriteType),
		}
		for _, d := range s.Data {
			to.DataResources = append(to.DataResources, types.DataResource{Type: &d.Type, Values: d.Values})
		}
		all = append(all, to)
	}
	return all
}

func advanced(in []types.AdvancedEventSelector) (all []cloudtrail.AdvancedSelector) {
	for _, s := range in {
		to := cloudtrail.AdvancedSelector{Name: aws.ToString(s.Name)}
		for _, f := range s.FieldSelectors {
			to.Fields = append(to.Fields, cloudtrail.Field{
				Name:          aws.ToString(f.Field),
				Equals:        f.Equals,
				StartsWith:    f.StartsWith,
				EndsWith:      f.EndsWith,
				NotEquals:     f.NotEquals,
				NotStartsWith: f.NotStartsWith,
				NotEndsWith:   f.NotEndsWith,
			})
		}
		all = append(all, to)
	}
	return all
}

func advancedShapes(selectors []cloudtrail.AdvancedSelector) (all []types.AdvancedEventSelector) {
	for _, s := range selectors {
		to := types.AdvancedEventSelector{Name: wire.Optional(s.Name)}
		for _, f := range s.Fields {
			to.FieldSelectors = append(to.FieldSelectors, types.AdvancedFieldSelector{
				Field:         &f.Name,
				Equals:        f.Equals,
				StartsWith:    f.StartsWith,
				EndsWith:      f.EndsWith,
				NotEquals:     f.NotEquals,
				NotStartsWith: f.NotStartsWith,
				NotEndsWith:   f.NotEndsWith,
			})
		}
		all = append(all, to)
	}
	return all
}
