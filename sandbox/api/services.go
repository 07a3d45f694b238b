package api

// serviceTable holds the services by the name they have in a credential scope.
var serviceTable = map[string]service{
	"dsql":          {name: "dsql", lower: true, operations: dsqlOperations},
	"events":        {name: "events", operations: eventsOperations},
	"kms":           {name: "kms", operations: kmsOperations},
	"lambda":        {name: "lambda", operations: lambdaOperations},
	"logs":          {name: "logs", lower: true, operations: logsOperations},
	"monitoring":    {name: "cloudwatch", operations: cloudwatchOperations},
	"s3":            {name: "s3", operations: packageOperations},
	"servicequotas": {name: "servicequotas", operations: servicequotasOperations},
	"sns":           {name: "sns", operations: snsOperations},
	"sqs":           {name: "sqs", operations: sqsOperations, flattened: sqsFlattened},
	"sts":           {name: "sts", operations: stsOperations},
}
