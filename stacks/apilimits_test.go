package stacks

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

// limit is what an API documents of a member: its length in characters, and its form.
type limit struct {
	least, most int
	form        *regexp.Regexp // nil is any text
}

func (l limit) problem(value string) string {
	switch n := utf8.RuneCountInString(value); {
	case n < l.least || n > l.most:
		return fmt.Sprintf("%q has %d characters, want %d to %d", value, n, l.least, l.most)
	case l.form != nil && !l.form.MatchString(value):
		return fmt.Sprintf("%q is not of the form %s", value, l.form)
	}
	return ""
}

func text(least, most int) limit { return limit{least, most, nil} }

func form(least, most int, pattern string) limit {
	return limit{least, most, regexp.MustCompile(`^(?:` + pattern + `)$`)}
}

// Forms that several APIs share.
var (
	arn          = form(1, 1024, `arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:.+`)
	queueName    = form(1, 80, `[A-Za-z0-9_-]+`)
	topicName    = form(1, 256, `[A-Za-z0-9_-]+`)
	functionName = form(1, 64, `[a-zA-Z0-9-_]+`)
	roleName     = form(1, 64, `[\w+=,.@-]+`)
	ruleName     = form(1, 64, `[.\-_A-Za-z0-9]+`)
	busName      = form(1, 256, `[.\-_A-Za-z0-9]+`)
	logGroup     = form(1, 512, `[.\-_/#A-Za-z0-9]+`)
	alarmName    = form(1, 255, `[^\x00-\x1f\x7f]+`)
	key          = form(1, 2048, `[a-zA-Z0-9:/_-]+`)
	word         = form(1, 255, `[A-Za-z0-9_./-]+`)
	policyText   = form(1, 131072, `[\x09\x0a\x0d\x20-\x{ff}]+`)
	clusterID    = form(26, 26, `[a-z0-9]+`)
	regionName   = form(1, 20, `[a-z]{2}(-gov)?-[a-z]+-\d`)
	apiID        = form(1, 128, `[A-Za-z0-9-]+`)
	variable     = text(1, 4096) // all together, which another test has
	dimension    = text(1, 1024)
	dnsName      = form(1, 254, `([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?`) // with its last dot
	vaultName    = form(2, 50, `[a-zA-Z0-9_-]+`)
	backupName   = form(1, 50, `[a-zA-Z0-9_.-]+`)
	hostedZone   = form(1, 32, `[A-Z0-9-]+`)
)

// physicalNames are the forms of names that the provider makes of a resource's own and seven random characters.
var physicalNames = map[string]limit{
	"aws:apigatewayv2/api:Api":                                       text(1, 128),
	"aws:cloudwatch/compositeAlarm:CompositeAlarm":                   alarmName,
	"aws:cloudwatch/dashboard:Dashboard":                             form(1, 255, `[A-Za-z0-9_-]+`),
	"aws:cloudwatch/eventArchive:EventArchive":                       form(1, 48, `[.\-_A-Za-z0-9]+`),
	"aws:cloudwatch/eventBus:EventBus":                               busName,
	"aws:cloudwatch/eventRule:EventRule":                             ruleName,
	"aws:cloudwatch/logGroup:LogGroup":                               logGroup,
	"aws:cloudwatch/metricAlarm:MetricAlarm":                         alarmName,
	"aws:backup/plan:Plan":                                           backupName,
	"aws:backup/selection:Selection":                                 backupName,
	"aws:backup/vault:Vault":                                         vaultName,
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration":       {},
	"aws:backup/vaultPolicy:VaultPolicy":                             {},
	"aws:scheduler/schedule:Schedule":                                form(1, 64, `[0-9a-zA-Z_.-]+`),
	"aws:sfn/stateMachine:StateMachine":                              form(1, 80, `[^\s<>{}\[\]?*"#%\\^|~`+"`"+`$&,;:/]+`),
	"aws:iam/role:Role":                                              roleName,
	"aws:iam/rolePolicy:RolePolicy":                                  form(1, 128, `[\w+=,.@-]+`),
	"aws:lambda/function:Function":                                   functionName,
	"aws:lambda/permission:Permission":                               form(1, 100, `[a-zA-Z0-9-_]+`),
	"aws:sns/topic:Topic":                                            topicName,
	"aws:sqs/queue:Queue":                                            queueName,
	"aws:apigatewayv2/authorizer:Authorizer":                         text(1, 128),
	"aws:apigatewayv2/stage:Stage":                                   form(1, 128, `\$default|[A-Za-z0-9_-]+`),
	"pulumi:providers:aws":                                           text(1, 2048), // never leaves Pulumi
	"aws:apigatewayv2/integration:Integration":                       {},
	"aws:apigatewayv2/route:Route":                                   {},
	"aws:cloudwatch/eventTarget:EventTarget":                         {},
	"aws:dsql/cluster:Cluster":                                       {},
	"aws:dsql/clusterPeering:ClusterPeering":                         {},
	"aws:kms/key:Key":                                                {},
	"aws:kms/replicaKey:ReplicaKey":                                  {},
	"aws:acm/certificate:Certificate":                                {},
	"aws:acm/certificateValidation:CertificateValidation":            {},
	"aws:apigatewayv2/apiMapping:ApiMapping":                         {},
	domainType:                                                       {},
	healthCheckType:                                                  {},
	recordType:                                                       dnsName,
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {},
	"aws:lambda/invocation:Invocation":                               {},
	"aws:sns/topicPolicy:TopicPolicy":                                {},
	"aws:sns/topicSubscription:TopicSubscription":                    {},
	"aws:sqs/queuePolicy:QueuePolicy":                                {},
}

// explicitNames are the properties that are a name instead.
var explicitNames = []string{"name", "alarmName", "dashboardName"}

// members are the forms of every text that is sent, by type and path (the API models of the services; IAM and SQS
// quotas).
var members = map[string]map[string]limit{
	"aws:apigatewayv2/api:Api": {
		"description":  text(0, 1024),
		"protocolType": form(4, 9, `HTTP`),
	},
	"aws:apigatewayv2/authorizer:Authorizer": {
		"apiId":                        apiID,
		"authorizerType":               form(3, 7, `JWT`),
		"identitySources[]":            form(1, 1024, `\$request\.header\.Authorization`),
		"jwtConfiguration.audiences[]": text(1, 2048),
		"jwtConfiguration.issuer":      text(1, 2048),
	},
	"aws:apigatewayv2/integration:Integration": {
		"apiId":                apiID,
		"integrationType":      form(1, 64, `AWS_PROXY`),
		"integrationUri":       text(1, 2048),
		"payloadFormatVersion": form(1, 64, `2\.0`),
	},
	"aws:apigatewayv2/route:Route": {
		"apiId":             apiID,
		"authorizationType": form(1, 64, `JWT|AWS_IAM|NONE`),
		"authorizerId":      apiID,
		"routeKey":          form(1, 1024, `(GET|POST) /[a-z/{}]+`),
		"target":            form(1, 128, `integrations/[A-Za-z0-9-]+`),
	},
	"aws:apigatewayv2/stage:Stage": {
		"accessLogSettings.destinationArn": arn,
		"accessLogSettings.format":         text(1, 1024),
		"apiId":                            apiID,
		"routeSettings[].routeKey":         form(1, 1024, `GET /livez`),
	},
	"aws:backup/plan:Plan": {
		"rules[].ruleName":                          backupName,
		"rules[].schedule":                          form(1, 256, `cron\(\d+ \d+ (\*|1) \* \? \*\)`),
		"rules[].targetVaultName":                   vaultName,
		"rules[].copyActions[].destinationVaultArn": arn,
	},
	"aws:backup/selection:Selection": {
		"iamRoleArn":  arn,
		"planId":      text(1, 64),
		"resources[]": arn,
	},
	"aws:backup/vault:Vault":                                   {"kmsKeyArn": arn},
	"aws:backup/vaultLockConfiguration:VaultLockConfiguration": {"backupVaultName": vaultName},
	"aws:backup/vaultPolicy:VaultPolicy": {
		"backupVaultName": vaultName,
		"policy":          text(1, 10<<10),
	},
	"aws:scheduler/schedule:Schedule": {
		"flexibleTimeWindow.mode": form(3, 8, `OFF`),
		"scheduleExpression":      text(1, 256),
		"target.arn":              form(1, 1600, `arn:aws:.+`),
		"target.input":            text(1, 256<<10),
		"target.roleArn":          form(1, 1600, `arn:aws:iam::.+`),
	},
	"aws:sfn/stateMachine:StateMachine": {
		"definition": text(1, 1<<20),
		"roleArn":    form(1, 256, `arn:aws:iam::.+`),
		"type":       form(7, 8, `STANDARD`),
	},
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": {
		"actionsSuppressor.alarm": text(1, 1600),
		"alarmActions[]":          arn,
		"okActions[]":             arn,
		"alarmDescription":        text(0, 1024),
		"alarmRule":               text(1, 10240),
	},
	"aws:cloudwatch/dashboard:Dashboard":       {"dashboardBody": text(1, 1<<20)},
	"aws:cloudwatch/eventArchive:EventArchive": {"eventSourceArn": arn},
	"aws:cloudwatch/eventBus:EventBus": {
		"deadLetterConfig.arn": arn,
		"description":          text(0, 512),
		"kmsKeyIdentifier":     key,
	},
	"aws:cloudwatch/eventRule:EventRule": {
		"description":        text(0, 512),
		"eventBusName":       busName,
		"eventPattern":       text(1, 2048),
		"scheduleExpression": form(1, 256, `rate\(\d+ (minutes?|hour)\)`),
	},
	"aws:cloudwatch/eventTarget:EventTarget": {
		"arn":                            arn,
		"roleArn":                        arn,
		"deadLetterConfig.arn":           arn,
		"eventBusName":                   busName,
		"rule":                           ruleName,
		"input":                          text(1, 8192),
		"inputTransformer.inputPaths.*":  form(1, 256, `\$\.[A-Za-z.]+`),
		"inputTransformer.inputTemplate": text(1, 8192),
	},
	"aws:cloudwatch/logGroup:LogGroup": {},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {
		"alarmActions[]":                      arn,
		"insufficientDataActions[]":           arn,
		"okActions[]":                         arn,
		"alarmDescription":                    text(0, 1024),
		"comparisonOperator":                  word,
		"dimensions.*":                        dimension,
		"extendedStatistic":                   form(1, 10, `p\d{1,2}(\.\d{1,2})?`),
		"metricName":                          word,
		"namespace":                           word,
		"statistic":                           word,
		"treatMissingData":                    word,
		"metricQueries[].expression":          text(1, 2048),
		"metricQueries[].id":                  form(1, 255, `[a-z][A-Za-z0-9_]*`),
		"metricQueries[].label":               text(1, 1024),
		"metricQueries[].metric.dimensions.*": dimension,
		"metricQueries[].metric.metricName":   word,
		"metricQueries[].metric.namespace":    word,
		"metricQueries[].metric.stat":         word,
	},
	"aws:dsql/cluster:Cluster": {
		"kmsEncryptionKey":                    key,
		"multiRegionProperties.witnessRegion": regionName,
	},
	"aws:dsql/clusterPeering:ClusterPeering": {
		"clusters[]":    arn,
		"identifier":    clusterID,
		"witnessRegion": regionName,
	},
	"aws:iam/role:Role": {
		"assumeRolePolicy": policyText,
		"description":      form(0, 1000, `[\x20-\x7e\x{a1}-\x{ff}]*`),
	},
	"aws:iam/rolePolicy:RolePolicy": {
		"policy": policyText,
		"role":   roleName,
	},
	"aws:kms/key:Key": {
		"description": text(0, 8192),
		"policy":      form(1, 32768, `[\x20-\x{ff}]+`),
	},
	"aws:kms/replicaKey:ReplicaKey": {
		"description":   text(0, 8192),
		"policy":        form(1, 32768, `[\x20-\x{ff}]+`),
		"primaryKeyArn": arn,
	},
	"aws:lambda/function:Function": {
		"architectures[]":         form(1, 6, `arm64|x86_64`),
		"description":             text(0, 256),
		"environment.variables.*": variable,
		"handler":                 form(1, 128, `\S+`),
		"loggingConfig.logFormat": form(4, 4, `JSON|Text`),
		"loggingConfig.logGroup":  logGroup,
		"role":                    form(1, 2048, `arn:aws:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+`),
		"runtime":                 word,
		"sourceCodeHash":          text(1, 128),
		"tracingConfig.mode":      form(6, 11, `Active|PassThrough`),
	},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {
		"destinationConfig.onFailure.destination": arn,
		"functionName": functionName,
	},
	"aws:lambda/invocation:Invocation": {
		"functionName": functionName,
		"input":        text(1, 6<<20),
		"triggers.*":   text(0, 1<<20),
	},
	"aws:lambda/permission:Permission": {
		"action":    form(1, 64, `lambda:[A-Za-z]+`),
		"function":  functionName,
		"principal": form(1, 256, `\S+`),
		"sourceArn": arn,
	},
	"aws:acm/certificate:Certificate": {
		"domainName":                form(1, 64, `[a-z0-9.-]+`),
		"subjectAlternativeNames[]": form(1, 253, `[a-z0-9.-]+`),
		"validationMethod":          form(3, 5, `DNS`),
	},
	"aws:acm/certificateValidation:CertificateValidation": {"certificateArn": arn},
	"aws:apigatewayv2/apiMapping:ApiMapping": {
		"apiId":      apiID,
		"domainName": form(1, 512, `[a-z0-9.-]+-id`), // what the mocks give it
		"stage":      form(1, 128, `\$default`),
	},
	domainType: {
		"domainName":                             form(1, 512, `[a-z0-9.-]+`),
		"domainNameConfiguration.certificateArn": arn,
		"domainNameConfiguration.endpointType":   form(4, 8, `REGIONAL`),
		"domainNameConfiguration.ipAddressType":  form(4, 9, `dualstack`),
		"domainNameConfiguration.securityPolicy": form(7, 7, `TLS_1_2`),
	},
	healthCheckType: {
		"childHealthchecks[]":          text(1, 64),
		"cloudwatchAlarmName":          form(1, 256, `[^\x00-\x1f\x7f]+`),
		"cloudwatchAlarmRegion":        regionName,
		"fqdn":                         form(1, 255, `[a-z0-9.-]+`),
		"insufficientDataHealthStatus": form(7, 15, `Healthy`),
		"resourcePath":                 form(1, 255, `/[a-z]*`),
		"tags.*":                       text(0, 256),
		"triggers.*":                   text(1, 1<<20), // never leaves Pulumi
		"type":                         form(5, 17, `HTTPS|CALCULATED|CLOUDWATCH_METRIC`),
	},
	recordType: {
		"aliases[].name":                  dnsName,
		"aliases[].zoneId":                hostedZone,
		"healthCheckId":                   text(1, 64),
		"latencyRoutingPolicies[].region": regionName,
		"records[]":                       text(1, 4000),
		"setIdentifier":                   text(1, 128),
		"type":                            form(1, 5, `A|AAAA|CNAME`),
		"zoneId":                          hostedZone,
	},
	"aws:sns/topic:Topic": {"kmsMasterKeyId": key},
	"aws:sns/topicPolicy:TopicPolicy": {
		"arn":    arn,
		"policy": text(1, 30<<10),
	},
	"aws:sns/topicSubscription:TopicSubscription": {
		"endpoint": text(1, 2048),
		"protocol": form(1, 11, `[a-z-]+`),
		"topic":    arn,
	},
	"aws:sqs/queue:Queue": {},
	"aws:sqs/queuePolicy:QueuePolicy": {
		"policy":   text(1, 8192),
		"queueUrl": text(1, 1024),
	},
	"pulumi:providers:aws": {
		"region":             regionName,
		"stsRegion":          regionName,
		"defaultTags.tags.*": form(0, 256, `[a-zA-Z0-9_.:/=+\-@ ]*`),
	},
}
