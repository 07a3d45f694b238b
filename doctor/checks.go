package main

import "slices"

// before are the checks of an account, whether or not the stack is there; after are those of what is deployed.
var (
	before = []check{
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
		chosen = append(chosen, after...)
		if page {
			chosen = append(chosen, testMessage)
		}
	}
	return chosen
}
