package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/dsql"
	"aurora-dsql-dr/sandbox/events"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/lambda"
	"aurora-dsql-dr/sandbox/sqlendpoint"
)

var (
	inRegion   = Parameter{Name: "region", Kind: KindRegion, Description: "where"}
	ofFunction = Parameter{
		Name:        "function",
		Kind:        KindPart,
		Default:     "*",
		Description: "a part of the name of the functions meant, of those that run on a schedule",
	}
)

var catalogue = []Fault{
	{
		Name:        "region-lost",
		Description: "The whole region: its SQL endpoint hangs, its AWS APIs, functions, schedules and alarms stop.",
		Parameters:  []Parameter{inRegion},
		inject: func(one *injection) error {
			return errors.Join(one.down(one.region("region")), one.endpoint(sqlendpoint.Fault{BlackHole: true}))
		},
	},
	{
		Name: "witness-lost",
		Description: "The witness region with its observer; both endpoints go on. (Commits become a little slower on AWS, " +
			"not here.)",
		inject: func(one *injection) error {
			witness, ok := one.places["witness"]
			if !ok {
				return errors.New("the stack has no witness")
			}
			return one.down(witness)
		},
	},
	{
		Name:        "endpoint-refused",
		Description: "The region's SQL endpoint refuses new connections; those there are stay.",
		Parameters:  []Parameter{inRegion},
		inject:      func(one *injection) error { return one.endpoint(sqlendpoint.Fault{Refuse: true}) },
	},
	{
		Name:        "endpoint-black-holed",
		Description: "The region's SQL endpoint takes connections and never answers, on live ones either.",
		Parameters:  []Parameter{inRegion},
		inject:      func(one *injection) error { return one.endpoint(sqlendpoint.Fault{BlackHole: true}) },
	},
	{
		Name:        "endpoint-slow",
		Description: "The region's SQL endpoint takes longer, for every connection and every query.",
		Parameters:  []Parameter{inRegion, {Name: "latency", Kind: KindDuration, Description: "how much longer"}},
		inject: func(one *injection) error {
			return one.endpoint(sqlendpoint.Fault{Latency: one.values["latency"].(time.Duration)})
		},
	},
	{
		Name: "connections-failing",
		Description: "A percentage of new connections to the region's SQL endpoint fails, as " +
			"aws:dsql:cluster-connection-failure of AWS FIS does.",
		Parameters: []Parameter{inRegion, {Name: "percent", Kind: KindPercent, Description: "of a hundred new connections"}},
		inject: func(one *injection) error {
			return one.endpoint(sqlendpoint.Fault{FailPercent: one.values["percent"].(int)})
		},
	},
	{
		Name: "silent-address",
		Description: "The first of the region's SQL endpoint's addresses takes connections and never answers; the other " +
			"goes on.",
		Parameters: []Parameter{inRegion},
		inject:     func(one *injection) error { return one.endpoint(sqlendpoint.Fault{SilentAddress: true}) },
	},
	{
		Name: "server-unavailable",
		Description: "A percentage of transactions through the region's SQL endpoint ends with XX000 \"server " +
			"unavailable\": " +
			"the connection lives, the commit may have taken effect or not.",
		Parameters: []Parameter{inRegion, {Name: "percent", Kind: KindPercent, Description: "of a hundred transactions"}},
		inject: func(one *injection) error {
			return one.endpoint(sqlendpoint.Fault{UnavailablePercent: one.values["percent"].(int)})
		},
	},
	{
		Name:        "commits-stalled",
		Description: "Commits of what wrote through the region's SQL endpoint wait until the fault ends; reads go on.",
		Parameters:  []Parameter{inRegion},
		inject:      func(one *injection) error { return one.endpoint(sqlendpoint.Fault{CommitStall: true}) },
	},
	{
		Name: "regions-partitioned",
		Description: "Two regions cannot reach each other: the functions of each get no answer from the other's SQL " +
			"endpoint and AWS APIs.",
		Parameters: []Parameter{inRegion, {Name: "from", Kind: KindRegion, Description: "the other region"}},
		check: func(values map[string]any) error {
			if values["region"] == values["from"] {
				return fmt.Errorf("fault regions-partitioned: region and from are both %s: want two regions", values["region"])
			}
			return nil
		},
		inject: func(one *injection) error {
			a, b := one.region("region"), one.region("from")
			return errors.Join(one.cutOff(a, b), one.cutOff(b, a))
		},
	},
	{
		Name: "key-disabled",
		Description: "The customer managed KMS key of the region's clusters is disabled; Aurora DSQL notices within a " +
			"minute.",
		Parameters: []Parameter{inRegion},
		inject:     (*injection).disableKeys,
	},
	{
		Name:        "cluster-idle",
		Description: "The region's clusters fall IDLE; the next connection waits until they are awake.",
		Parameters: []Parameter{inRegion, {
			Name:        "wake",
			Kind:        KindDuration,
			Default:     "10s",
			Description: "how long they take to wake",
		}},
		inject: func(one *injection) error { return one.suspend(dsql.Idle) },
	},
	{
		Name:        "cluster-inactive",
		Description: "The region's clusters fall INACTIVE; the next connection waits until they are awake.",
		Parameters: []Parameter{inRegion, {
			Name:        "wake",
			Kind:        KindDuration,
			Default:     "30s",
			Description: "how long they take to wake",
		}},
		inject: func(one *injection) error { return one.suspend(dsql.Inactive) },
	},
	{
		Name:        "permission-removed",
		Description: "The roles of the region's scheduled functions lose an IAM action, on every resource.",
		Parameters: []Parameter{inRegion, {
			Name:        "action",
			Kind:        KindAction,
			Description: "what they may no longer do",
		}, ofFunction},
		inject: (*injection).removePermission,
	},
	{
		Name:        "sns-failing",
		Description: "SNS in the region fails: nothing is published and nothing delivered there.",
		Parameters:  []Parameter{inRegion},
		inject: func(one *injection) error {
			env := one.sandbox.Account.Region(one.region("region"))
			return hold(one, "sns/"+env.Name, always(func(on bool) { env.SetBroken("sns", on) }))
		},
	},
	{
		Name:        "function-crashing",
		Description: "The region's scheduled functions end as soon as they are invoked.",
		Parameters:  []Parameter{inRegion, ofFunction},
		inject:      func(one *injection) error { return one.fail(lambda.Crashing) },
	},
	{
		Name:        "function-timing-out",
		Description: "The region's scheduled functions hang until their timeout.",
		Parameters:  []Parameter{inRegion, ofFunction},
		inject:      func(one *injection) error { return one.fail(lambda.Hanging) },
	},
	{
		Name:        "schedule-stopped",
		Description: "The EventBridge schedules of the region's functions are disabled; runs under way go on.",
		Parameters:  []Parameter{inRegion, ofFunction},
		inject:      (*injection).stopSchedules,
	},
	{
		Name:        "backup-plan-stopped",
		Description: "The backup plan of the region's cluster fires no more; jobs under way go on.",
		Parameters:  []Parameter{inRegion},
		inject:      (*injection).stopPlans,
	},
	{
		Name: "observer-lying",
		Description: "An observer says to traffic routing that the region's endpoint is unfit, whatever it finds. (Its " +
			"metric EndpointUnfit gets samples of 1.)",
		Parameters: []Parameter{inRegion, {Name: "observer", Kind: KindRegion, Description: "the region of the observer"}},
		inject:     (*injection).lie,
	},
	{
		Name:        "clock-skewed",
		Description: "The clocks of the region's functions are wrong: signatures, tokens and metrics carry the wrong time.",
		Parameters:  []Parameter{inRegion, {Name: "by", Kind: KindShift, Description: "how far ahead; behind, if negative"}},
		inject: func(one *injection) error {
			env := one.sandbox.Account.Region(one.region("region"))
			return add(one, "skew/"+env.Name, one.values["by"].(time.Duration), func(shifts []time.Duration) error {
				var sum time.Duration
				for _, shift := range shifts {
					sum += shift
				}
				env.SetSkew(sum)
				return nil
			})
		},
	},
}

func (one *injection) down(region string) error {
	return hold(one, "down/"+region, always(one.sandbox.Account.Region(region).SetDown))
}

func (one *injection) cutOff(region, from string) error {
	env := one.sandbox.Account.Region(region)
	return hold(one, "cut/"+region+"/"+from, always(func(on bool) { env.SetCutOff(from, on) }))
}

// endpoint lays a fault over the region's SQL endpoint.
func (one *injection) endpoint(f sqlendpoint.Fault) error {
	region := one.region("region")
	return add(one, "endpoint/"+region, f, func(layers []sqlendpoint.Fault) error {
		var sum sqlendpoint.Fault
		for _, l := range layers {
			sum.Refuse = sum.Refuse || l.Refuse
			sum.BlackHole = sum.BlackHole || l.BlackHole
			sum.SilentAddress = sum.SilentAddress || l.SilentAddress
			sum.CommitStall = sum.CommitStall || l.CommitStall
			sum.Latency += l.Latency
			sum.FailPercent = max(sum.FailPercent, l.FailPercent)
			sum.UnavailablePercent = max(sum.UnavailablePercent, l.UnavailablePercent)
		}
		return one.sandbox.Account.Region(region).SQL.SetFault(sum)
	})
}

// clusters are those of the region; none is an error.
func (one *injection) clusters() ([]dsql.Cluster, error) {
	region := one.region("region")
	all := slices.DeleteFunc(one.sandbox.Account.DSQL.Clusters(), func(c dsql.Cluster) bool { return c.Region != region })
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no cluster in %s", region)
	}
	return all, nil
}

func (one *injection) disableKeys() error {
	clusters, err := one.clusters()
	if err != nil {
		return err
	}
	keys := one.sandbox.Account.Region(one.region("region")).KMS
	found := false
	for _, c := range clusters {
		if key := c.EncryptionDetails.KMSKeyARN; key != "" {
			found = true
			err = errors.Join(err, hold(one, key, func(on bool) error { return unlessGone(keys.SetEnabled(key, !on)) }))
		}
	}
	if !found {
		return fmt.Errorf("no cluster in %s has a customer managed key", one.region("region"))
	}
	return err
}

func (one *injection) suspend(status dsql.Status) error {
	clusters, err := one.clusters()
	for _, c := range clusters {
		err = errors.Join(err, one.sandbox.Account.DSQL.Suspend(c.ARN, status, one.values["wake"].(time.Duration)))
		one.onUndo(func() error {
			one.sandbox.Account.DSQL.Connected(c.ARN) // wakes it, as a connection does
			return nil
		})
	}
	return err
}

// scheduled are the region's schedules that run a function of the wanted name, and those functions. None is an error.
func (one *injection) scheduled() (rules []events.Rule, functions []lambda.Function, err error) {
	region, part := one.region("region"), one.values["function"].(string)
	bus := one.sandbox.Account.Region(region).Events
	all, err := bus.Rules(events.DefaultBus) // the one that has schedules
	if err != nil {
		return nil, nil, err
	}
	for _, rule := range all {
		targets, err := bus.Targets(rule.EventBusName, rule.Name)
		if err != nil || rule.ScheduleExpression == "" {
			continue // deleted meanwhile, or no schedule
		}
		for _, target := range targets {
			f, err := one.sandbox.Account.Region(region).Lambda.Function(target.Arn)
			if err == nil && (part == "*" || strings.Contains(f.Name, part)) {
				rules, functions = append(rules, rule), append(functions, f)
			}
		}
	}
	if len(functions) == 0 {
		return nil, nil, fmt.Errorf("no function of a name with %q runs on a schedule in %s", part, region)
	}
	return rules, functions, nil
}

// removePermission denies the action by a policy of its own: whatever allows it, the decision is the same as if nothing
// did, and the role's own policies stay as the stack wrote them.
func (one *injection) removePermission() error {
	_, functions, err := one.scheduled()
	if err != nil {
		return err
	}
	document, err := json.Marshal(map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{
			map[string]any{"Effect": "Deny", "Action": one.values["action"], "Resource": "*"}},
	})
	if err != nil {
		return err
	}
	name := fmt.Sprintf("fault-%d", one.ID)
	for _, f := range functions {
		role := f.Role[strings.LastIndex(f.Role, "/")+1:]
		if _, err := one.sandbox.Account.IAM.PutRolePolicy(iam.RolePolicy{
			Role:   role,
			Name:   name,
			Policy: string(document),
		}); err != nil {
			return err
		}
		one.onUndo(func() error { return unlessGone(one.sandbox.Account.IAM.DeleteRolePolicy(role, name)) })
	}
	return nil
}

func (one *injection) fail(how lambda.Failing) error {
	_, functions, err := one.scheduled()
	for _, f := range functions {
		service := one.sandbox.Account.Region(one.region("region")).Lambda
		err = errors.Join(err, add(one, f.ARN, how, func(layers []lambda.Failing) error {
			worst := lambda.Failing("")
			for _, l := range layers {
				worst = l // the latest
			}
			return unlessGone(service.SetFailing(f.Name, worst))
		}))
	}
	return err
}

func (one *injection) stopSchedules() error {
	rules, _, err := one.scheduled()
	for _, rule := range rules {
		bus := one.sandbox.Account.Region(one.region("region")).Events
		err = errors.Join(err, hold(one, rule.Arn, func(on bool) error {
			now, err := bus.Rule(rule.EventBusName, rule.Name)
			if err != nil {
				return unlessGone(err)
			}
			if now.State = "ENABLED"; on {
				now.State = "DISABLED"
			}
			_, err = bus.PutRule(now)
			return err
		}))
	}
	return err
}

func (one *injection) stopPlans() (err error) {
	kept := one.sandbox.Account.Region(one.region("region")).Backup
	for _, plan := range kept.Plans() {
		err = errors.Join(err, hold(one, plan.Arn, func(on bool) error {
			return unlessGone(kept.SetPlanStopped(plan.ID, on))
		}))
	}
	return err
}

// unlessGone is nil for what was deleted while the fault was active, or is a key that waits for its deletion: there is
// nothing left to put right.
func unlessGone(err error) error {
	known, ok := errors.AsType[*awserr.Error](err)
	if errors.Is(err, awserr.ErrNotFound) || ok && known.Code == "KMSInvalidStateException" {
		return nil
	}
	return err
}
