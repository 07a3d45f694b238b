package logs

import (
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/must"
)

// Deliver appends a line that another service writes on behalf of the account, such as an access log. Such a delivery
// was permitted when it was set up.
func (s *Service) Deliver(name, stream string, at time.Time, message string) error {
	return s.Write(s.iam.Admin().Principal, name, stream, at, message)
}

// deliveryPolicy is the name of the region's resource policy for deliveries ("Enable logging from AWS services",
// CloudWatch Logs User Guide).
const deliveryPolicy = "AWSLogDeliveryWrite20150319"

// maxPolicy bounds a resource policy, in characters ("Avoiding Amazon CloudWatch Logs resource policy size
// restrictions", Step Functions Developer Guide).
const maxPolicy = 5120

// vendedLogs begin the names of groups that all are permitted by one entry.
const vendedLogs = "/aws/vendedlogs/"

// PermitDelivery lets another service write to a group: it adds the group to the region's resource policy, where it
// stays when the group is deleted ("Enable logging from AWS services", CloudWatch Logs User Guide).
func (s *Service) PermitDelivery(name string) error {
	group, err := s.Group(name)
	if err != nil {
		return err
	}
	resource := group.Arn + ":log-stream:*"
	if strings.HasPrefix(name, vendedLogs) {
		resource = s.env.ARN("logs", "log-group:"+vendedLogs+"*:log-stream:*")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.delivered, resource) {
		return nil
	}
	permitted := append(slices.Clone(s.delivered), resource)
	document := deliveries(permitted, s.env.Account)
	if len(document) > maxPolicy {
		return awserr.Invalid(
			"BadRequestException",
			"Cannot enable logging. Policy document length breaking Cloudwatch Logs Constraints, either < 1 or > %d",
			maxPolicy,
		)
	}
	if _, err := s.putPolicy(ResourcePolicy{Name: deliveryPolicy, Document: document}); err != nil {
		return awserr.Invalid("BadRequestException", "Cannot enable logging. %v", err)
	}
	s.delivered = permitted
	return nil
}

// deliveries is the document of the policy for deliveries.
func deliveries(resources []string, account string) string {
	return string(must.JSON(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{
			"Sid":       deliveryPolicy,
			"Effect":    "Allow",
			"Principal": map[string]any{"Service": "delivery.logs.amazonaws.com"},
			"Action":    []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			"Resource":  resources,
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": account}},
		},
	}}))
}
