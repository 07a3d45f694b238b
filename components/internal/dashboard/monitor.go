package dashboard

func (f Facts) function(m Monitor) widget {
	lines := each([]string{"Invocations", "Errors", "Throttles"}, func(name string) line {
		return ofFunction(name, m.Function, name)
	})
	return f.metrics("Health check in "+m.Region, m.Region, "Sum", "", lines)
}

func (f Facts) delivery(m Monitor) widget {
	rule := map[string]string{"RuleName": m.Rule}
	return f.metrics("Schedule and dead letters in "+m.Region, m.Region, "Sum", "", []line{
		metric("AWS/Events", "TriggeredRules", rule, "started"),
		metric("AWS/Events", "FailedInvocations", rule, "could not start"),
		waiting(m.DeadLetters, "dead letters"),
	})
}

func ofFunction(name, function, label string) line {
	return metric("AWS/Lambda", name, map[string]string{"FunctionName": function}, label)
}

// waiting is how many messages a queue holds.
func waiting(queue, label string) line {
	return metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", map[string]string{"QueueName": queue}, label)
}
