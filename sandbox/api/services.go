package api

import (
	"maps"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/api/account"
	"aurora-dsql-dr/sandbox/api/acm"
	"aurora-dsql-dr/sandbox/api/apigateway"
	"aurora-dsql-dr/sandbox/api/backup"
	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/cloudtrail"
	"aurora-dsql-dr/sandbox/api/cloudwatch"
	"aurora-dsql-dr/sandbox/api/dsql"
	"aurora-dsql-dr/sandbox/api/events"
	"aurora-dsql-dr/sandbox/api/iam"
	"aurora-dsql-dr/sandbox/api/kms"
	"aurora-dsql-dr/sandbox/api/lambda"
	"aurora-dsql-dr/sandbox/api/logs"
	"aurora-dsql-dr/sandbox/api/route53"
	"aurora-dsql-dr/sandbox/api/s3"
	"aurora-dsql-dr/sandbox/api/scheduler"
	"aurora-dsql-dr/sandbox/api/servicequotas"
	"aurora-dsql-dr/sandbox/api/sns"
	"aurora-dsql-dr/sandbox/api/sqs"
	"aurora-dsql-dr/sandbox/api/stepfunctions"
	"aurora-dsql-dr/sandbox/api/sts"
	"aurora-dsql-dr/sandbox/api/wire"
)

// services are by the name they have in a credential scope.
var services = map[string]service{
	"account": {
		name:       "account",
		global:     true,
		operations: account.Operations,
		all:        account.All,
	},
	"acm": {name: "acm", operations: acm.Operations},
	"apigateway": {
		name:       "apigateway",
		lower:      true,
		operations: apigateway.Operations,
		all:        apigateway.All,
		beside:     apigateway.Beside,
	},
	"backup":     {name: "backup", operations: backup.Operations, all: backup.All},
	"cloudtrail": {name: "cloudtrail", operations: cloudtrail.Operations},
	"dsql": {
		name:       "dsql",
		lower:      true,
		operations: dsql.Operations,
		all:        dsql.All,
	},
	"events": {name: "events", operations: events.Operations},
	"iam": {
		name:       "iam",
		global:     true,
		operations: iam.Operations,
		beside:     iam.Beside,
	},
	"kms":    {name: "kms", operations: kms.Operations},
	"lambda": {name: "lambda", operations: lambda.Operations, all: lambda.All},
	"logs": {
		name:       "logs",
		lower:      true,
		operations: logs.Operations,
	},
	"monitoring": {name: "cloudwatch", operations: cloudwatch.Operations},
	"route53": {
		name:       "route53",
		global:     true,
		operations: route53.Operations,
		all:        route53.All,
	},
	"s3":            {name: "s3", operations: s3.Operations, beside: s3.Beside},
	"scheduler":     {name: "scheduler", operations: scheduler.Operations, all: scheduler.All},
	"servicequotas": {name: "servicequotas", operations: servicequotas.Operations},
	"sns":           {name: "sns", operations: sns.Operations},
	"sqs": {
		name:       "sqs",
		operations: sqs.Operations,
		flattened:  sqs.Flattened,
	},
	"states": {
		name:       "states",
		lower:      true,
		operations: stepfunctions.Operations,
	},
	"sts": {name: "sts", operations: sts.Operations},
}

// notServed are services that the sandbox models, but whose API it does not serve: how they are used instead. Keys are
// names in a credential scope.
var notServed = map[string]string{
	"execute-api": "requests to an HTTP API go to its own address, the apiEndpoint of aws:apigatewayv2/api:Api, " +
		"or of the stack's outputs",
}

// absent is the refusal of a service that has no table.
func absent(name string) error {
	if instead, modelled := notServed[name]; modelled {
		return wire.NotImplemented("%s: the sandbox models this service, but does not serve its API: %s", name, instead)
	}
	return wire.NotImplemented("service %q is not modelled by the sandbox; modelled are %s", name,
		strings.Join(slices.Sorted(maps.Keys(services)), ", "))
}

// service is one AWS service's table of operations.
type service struct {
	name       string            // ARN namespace, and region.Env's name of the service
	global     bool              // one for all regions
	lower      bool              // JSON member names begin in lower case
	flattened  map[string]string // of the query protocol
	operations []call.Operation
	all        []wire.Shape // of a REST service: what it has on AWS, modelled or not
	beside     string       // what else is to be said about what is not modelled
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
	return call.Operation{}, wire.NotImplemented("%s: operation %s is not modelled by the sandbox; modelled are %s%s",
		s.name, s.asked(q), strings.Join(modelled, ", "), s.beside)
}

// asked is the name of the operation that a request asks for, or its method and path.
func (s service) asked(q *wire.Request) string {
	for _, o := range s.all {
		if q.Asks(o) {
			return o.Name
		}
	}
	return q.Asked()
}
