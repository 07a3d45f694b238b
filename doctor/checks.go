package main

import "slices"

// ongoing are the checks of what goes on in a deployed stack, and come first: somebody may ask in an outage. Those of
// an account, before, are asked whether or not the stack is there; after are those of what is deployed.
var (
	ongoing = []check{incidents, withdrawals}
	before  = []check{
		credentials, callersClock, configuration, enabledRegions,
		clusterQuota, concurrency, apiQuota, domainQuota, busQuota, ruleQuota, logPolicies,
		trail, serviceRoles, permissions, backupOptIn,
		zone, caa,
		pulumiVersion, awsPlugin, goVersion, functionsBuilt,
		deployment,
	}
	after = []check{
		clusters, subscriptions, alarmsThere, alarmsFed, alarmsQuiet, databaseMetrics,
		schedules, observers, functionVersions,
		certificates, names, healthChecks,
		recoveryPoints, restoreTests,
		drift,
	}
)

// checks are those of a stack: a test message only if somebody asks for it.
func checks(s *stack, page bool) []check {
	chosen := slices.Clone(before)
	if s.deployed != nil {
		chosen = slices.Concat(ongoing, before, after)
		if page {
			chosen = append(chosen, testMessage)
		}
	}
	return chosen
}
