package dashboard

import "aurora-dsql-dr/lambda/contract"

func (f Facts) requests(a Application) widget {
	lines := each([]string{a.Service, a.Publisher, a.Processor}, func(function string) line {
		return ofFunction("Errors", function, function+" errors")
	})
	return f.metrics("Requests in "+a.Region, a.Region, "Sum", "", append(lines,
		ofFunction("Invocations", a.Service, "requests"),
		own(contract.MetricConflictRetries, a, "conflicts repeated"),
		own(contract.MetricBreakerOpen, a, "breaker open"),
	))
}

func (f Facts) requestLatency(a Application) widget {
	title := "Request latency in " + a.Region + " (" + f.Percentile + ")"
	return f.metrics(title, a.Region, f.Percentile, "ms", []line{
		own(contract.MetricTransactionLatency, a, f.Percentile),
	})
}

func (f Facts) events(a Application) widget {
	forward := map[string]string{"EventBusName": a.Bus, "RuleName": a.Forward}
	return f.metrics("Events in "+a.Region, a.Region, "Sum", "", []line{
		metric("AWS/Events", "Invocations", forward, "forwarded"),
		metric("AWS/Events", "FailedInvocations", forward, "not forwarded"),
		waiting(a.Undelivered, "undelivered"),
	})
}

func (f Facts) replication(a Application) widget {
	return f.metrics("Events on their way to "+a.Region, a.Region, "Maximum", "ms", []line{
		own(contract.MetricReplicationDelay, a, "from the other region"),
	})
}

func (f Facts) outbox(a Application) widget {
	return f.metrics("Outbox of "+a.Region, a.Region, "Maximum", "s", []line{
		own(contract.MetricOutboxAge, a, "oldest unsent event"),
	})
}

// own is what the application's functions publish about themselves.
func own(name string, a Application, label string) line {
	return metric(contract.ApplicationNamespace, name, contract.ApplicationDimensions(a.Region), label)
}
