package claims

var cloudwatchClaims = []Claim{{
	ID:   "cloudwatch-data-refusals",
	Says: "PutMetricData refuses namespaces, names, dimensions, numbers and times out of bounds",
	Page: "sandbox-aws.md",
	Row:  "PutMetricData: 1,000 metrics, 150 values each",
	ask:  dataAreRefused,
}, {
	ID:   "cloudwatch-alarm-refusals",
	Says: "PutMetricAlarm refuses names, periods, counts and actions out of bounds: ValidationError",
	Page: "sandbox-aws.md",
	Row:  "alarms: names of 255 characters, descriptions of 1,024",
	ask:  alarmsAreRefused,
}, {
	ID:   "cloudwatch-dashboard-refusals",
	Says: "PutDashboard refuses names, bodies and more than 500 widgets: InvalidParameterInput",
	Page: "sandbox-aws.md",
	Row:  "dashboards: names of letters, digits",
	ask:  dashboardsAreRefused,
}, {
	ID:   "cloudwatch-composite-unknown",
	Says: "a composite alarm whose children do not exist is refused: ValidationError",
	Page: "sandbox-aws.md",
	Row:  "a composite alarm whose children do not exist",
	ask:  unknownChildrenAreRefused,
}, {
	ID:    "cloudwatch-composite-child",
	Says:  "rules of composite alarms are parsed, and no child of one is deleted: ValidationError",
	Page:  "sandbox-aws.md",
	Row:   "composite alarms: AND, OR, NOT, ALARM, OK",
	Makes: []*Kind{alarm, compositeAlarm},
	ask:   noChildOfACompositeIsDeleted,
}, {
	ID:    "cloudwatch-missing-data",
	Says:  "of an alarm without data breaching makes ALARM, notBreaching OK, missing and ignore leave INSUFFICIENT_DATA",
	Page:  "sandbox-aws.md",
	Row:   "M of N with every rule for missing data",
	Makes: []*Kind{alarm, alarm, alarm, alarm},
	ask:   missingDataAreTreated,
}, {
	ID:    "cloudwatch-missing-term",
	Says:  "metric math takes a missing term for 0 where another has data",
	Page:  "sandbox-aws.md",
	Row:   "metric math: + - * / comparisons",
	Makes: []*Kind{metric},
	ask:   aMissingTermIsZero,
}}
