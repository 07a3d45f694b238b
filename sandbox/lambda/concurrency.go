package lambda

import "aurora-dsql-dr/sandbox/region"

// ConcurrencyQuota is how many executions a region has at a time ("Lambda quotas", Lambda Developer Guide).
var ConcurrencyQuota = region.Quota{Code: "L-B99A9384", Name: "Concurrent executions", Default: 1000}

// unreservedMinimum is what reservations must leave of it.
const unreservedMinimum = 100

// Concurrency is the account's limit of concurrent executions in the region.
func (s *Service) Concurrency() int { return s.env.Limit(ConcurrencyQuota) }

// Unreserved is what reservations leave of the account's concurrency.
func (s *Service) Unreserved() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Concurrency() - s.reservedBut("")
}

// checkConcurrency refuses a reservation that leaves the account too little: 100, or all of it where the account has
// less, as new accounts are told ("below its minimum value of [10]", awslabs/fhir-works-on-aws-deployment#691). It is
// called with the lock held.
func (s *Service) checkConcurrency(f Function) error {
	reserved, reserves := f.reserved()
	least := min(unreservedMinimum, s.Concurrency())
	if reserves && s.Concurrency()-reserved-s.reservedBut(f.Name) < least {
		return invalid(
			"Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "+
				"below its minimum value of [%d].",
			least,
		)
	}
	return nil
}

// reservedBut is what all functions but one reserve together. It is called with the lock held.
func (s *Service) reservedBut(name string) (total int) {
	for _, f := range s.functions {
		if n, ok := f.reserved(); ok && f.Name != name {
			total += n
		}
	}
	return total
}

// full reports whether the function has no concurrent execution left: of its own, or of those that all functions
// without a reservation share (Lambda Developer Guide, "Understanding Lambda function scaling"). It is called with the
// lock held.
func (s *Service) full(f *function) bool {
	if limit, reserved := f.reserved(); reserved {
		return f.executing >= limit
	}
	executing := 0
	for _, other := range s.functions {
		if _, reserved := other.reserved(); !reserved {
			executing += other.executing
		}
	}
	return executing >= s.Concurrency()-s.reservedBut("")
}
