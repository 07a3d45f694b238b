package region

// Quota is a number that AWS holds an account to in each region, and raises on request.
type Quota struct {
	Code    string // by which Service Quotas knows it, "L-658A4FD9"
	Name    string
	Default int
}

// Limit is what the account has of a quota in the region.
func (e *Env) Limit(q Quota) int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if limit, set := e.limits[q.Code]; set {
		return limit
	}
	return q.Default
}

// SetLimit gives the account another limit than the default: less, as new accounts have, or more, as AWS has granted.
// What is there already stays.
func (e *Env) SetLimit(q Quota, limit int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.limits[q.Code] = limit
}
