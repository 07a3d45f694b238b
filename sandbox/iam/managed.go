package iam

import "aurora-dsql-dr/sandbox/internal/must"

// managedPolicies are the AWS managed policies the sandbox knows, as the AWS Managed Policy Reference prints them.
var managedPolicies = map[string]*Policy{
	"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": must.Have(ParseIdentityPolicy(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Effect": "Allow",
			"Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
			"Resource": "*"
		}]
	}`)),
	"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess": must.Have(ParseIdentityPolicy(`{
		"Version": "2012-10-17",
		"Statement": [{
			"Effect": "Allow",
			"Action": [
				"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
				"xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"
			],
			"Resource": "*"
		}]
	}`)),
}
