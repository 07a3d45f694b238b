package provider

import "maps"

// kinds are the resource types by token.
var kinds = collect(dsqlKinds, kmsKinds, snsKinds, sqsKinds, iamKinds, cloudwatchKinds, eventsKinds, lambdaKinds,
	apigatewayKinds, acmKinds, route53Kinds, backupKinds, stepfunctionsKinds, schedulerKinds)

func collect(services ...map[string]*kind) map[string]*kind {
	all := map[string]*kind{}
	for _, service := range services {
		maps.Copy(all, service)
	}
	return all
}
