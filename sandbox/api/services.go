package api

import (
	"strings"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/cloudwatch"
	"aurora-dsql-dr/sandbox/api/dsql"
	"aurora-dsql-dr/sandbox/api/events"
	"aurora-dsql-dr/sandbox/api/kms"
	"aurora-dsql-dr/sandbox/api/lambda"
	"aurora-dsql-dr/sandbox/api/logs"
	"aurora-dsql-dr/sandbox/api/s3"
	"aurora-dsql-dr/sandbox/api/servicequotas"
	"aurora-dsql-dr/sandbox/api/sns"
	"aurora-dsql-dr/sandbox/api/sqs"
	"aurora-dsql-dr/sandbox/api/sts"
	"aurora-dsql-dr/sandbox/api/wire"
)

// services are by the name they have in a credential scope.
var services = map[string]service{
	"dsql": {
		name:       "dsql",
		lower:      true,
		operations: dsql.Operations,
	},
	"events": {name: "events", operations: events.Operations},
	"kms":    {name: "kms", operations: kms.Operations},
	"lambda": {name: "lambda", operations: lambda.Operations},
	"logs": {
		name:       "logs",
		lower:      true,
		operations: logs.Operations,
	},
	"monitoring":    {name: "cloudwatch", operations: cloudwatch.Operations},
	"s3":            {name: "s3", operations: s3.Operations},
	"servicequotas": {name: "servicequotas", operations: servicequotas.Operations},
	"sns":           {name: "sns", operations: sns.Operations},
	"sqs": {
		name:       "sqs",
		operations: sqs.Operations,
		flattened:  sqs.Flattened,
	},
	"sts": {name: "sts", operations: sts.Operations},
}

// service is one AWS service's table of operations.
type service struct {
	name       string            // ARN namespace, and region.Env's name of the service
	lower      bool              // JSON member names begin in lower case
	flattened  map[string]string // of the query protocol
	operations []call.Operation
}

// find returns the operation a request asks for, or what is to be said about its absence.
func (s service) find(q *wire.Request) (call.Operation, error) {
	modelled := make([]string, len(s.operations))
	for i, o := range s.operations {
		if o.Lower, o.Flattened = s.lower, s.flattened; q.Asks(o.Shape) {
			return o, nil
		}
		modelled[i] = o.Name
	}
	return call.Operation{}, wire.NotImplemented("%s: operation %s is not modelled by the sandbox; modelled are %s",
		s.name, q.Asked(), strings.Join(modelled, ", "))
}
