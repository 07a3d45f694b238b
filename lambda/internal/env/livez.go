package env

import (
	"time"

	"aurora-dsql-dr/lambda/contract"
)

// Livez is the configuration of what health checkers ask; package contract documents the keys.
type Livez struct {
	Database
	Hold, Interval, Limit time.Duration
}

// ParseLivez reads the livez function's environment as Parse does the health check's.
func ParseLivez(lookup func(key string) (value string, ok bool)) (Livez, error) {
	p := parser{lookup: lookup, defaults: contract.LivezDurations()}
	e := Livez{
		Database: p.database(),
		Hold:     p.duration(contract.EnvTrafficHold),
		Interval: p.duration(contract.EnvLivezInterval),
		Limit:    p.duration(contract.EnvLivezLimit),
	}
	return e, p.err("livez")
}
