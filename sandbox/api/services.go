package api

// serviceTable holds the services by the name they have in a credential scope.
var serviceTable = map[string]service{
	"dsql":       {name: "dsql", lower: true, operations: dsqlOperations},
	"events":     {name: "events", operations: eventsOperations},
	"kms":        {name: "kms", operations: kmsOperations},
	"lambda":     {name: "lambda", operations: lambdaOperations},
	"monitoring": {name: "cloudwatch", operations: cloudwatchOperations},
	"sns":        {name: "sns", operations: snsOperations},
	"sqs":        {name: "sqs", operations: sqsOperations},
	"sts":        {name: "sts", operations: stsOperations},
}
