package env

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Endpoint is a regional endpoint of the database; its region is read from its name.
type Endpoint struct{ Host, Region string }

// Database is how functions that serve one region reach the database in their own region.
type Database struct {
	// Region is the function's own, which Lambda sets.
	Region   string
	Endpoint Endpoint
	Role     string
	HostAddr map[string][]string
}

// Transactions is the transaction service's configuration; package contract documents the keys.
type Transactions struct {
	Database
	// Peer is the other region's endpoint; nil without cross-region fallback.
	Peer *Endpoint
	// PublisherFunction is the name of the publisher.
	PublisherFunction string
	EncryptedFields   []string
	// KeyARN is empty if nothing is encrypted, and then fields that were encrypted before cannot be read.
	KeyARN                     string
	RequestLimit, BreakerPause time.Duration
}

// Publisher is the publisher's configuration; package contract documents the keys.
type Publisher struct {
	Database
	EventBus                                                       string
	TakeoverAge, ClaimLease, SweepAge, OutboxRetention, CatchUpAge time.Duration
}

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	busName      = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,256}$`)
	keyARN       = regexp.MustCompile(`^arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+$`)
)

// ParseTransactions reads the transaction service's environment as Parse does the health check's.
func ParseTransactions(lookup func(key string) (value string, ok bool)) (Transactions, error) {
	p := parser{lookup: lookup, defaults: contract.ApplicationDurations()}
	e := Transactions{
		Database:          p.database(),
		Peer:              p.peer(),
		PublisherFunction: p.match(contract.EnvPublisherFunction, functionName, "a function's name"),
		EncryptedFields:   p.encryptedFields(),
		RequestLimit:      p.duration(contract.EnvRequestLimit),
		BreakerPause:      p.duration(contract.EnvBreakerPause),
	}
	e.KeyARN = p.key(e.Region, len(e.EncryptedFields) > 0)
	return e, p.err("the transaction service")
}

// ParsePublisher reads the publisher's environment as Parse does the health check's.
func ParsePublisher(lookup func(key string) (value string, ok bool)) (Publisher, error) {
	p := parser{lookup: lookup, defaults: contract.ApplicationDurations()}
	e := Publisher{
		Database:        p.database(),
		EventBus:        p.match(contract.EnvEventBus, busName, "an event bus's name"),
		TakeoverAge:     p.duration(contract.EnvTakeoverAge),
		ClaimLease:      p.duration(contract.EnvClaimLease),
		SweepAge:        p.duration(contract.EnvSweepAge),
		OutboxRetention: p.duration(contract.EnvOutboxRetention),
		CatchUpAge:      p.duration(contract.EnvCatchUpAge),
	}
	return e, p.err("the publisher")
}

// ParseProcessor reads the processor's environment as Parse does the health check's.
func ParseProcessor(lookup func(key string) (value string, ok bool)) (Database, error) {
	p := parser{lookup: lookup}
	e := p.database()
	return e, p.err("the processor")
}

func (p *parser) database() Database {
	return Database{
		Region:   p.region(),
		Endpoint: p.endpoint(contract.EnvDatabaseEndpoint),
		Role:     p.databaseRole(),
		HostAddr: p.hostAddr(),
	}
}

func (p *parser) endpoint(key string) Endpoint {
	const accepted = "<identifier>.dsql.<region>.on.aws"
	host, ok := p.required(key, accepted)
	if !ok {
		return Endpoint{}
	}
	region, err := dsqlconn.Region(host)
	if err != nil {
		p.problem(key, host, accepted)
	}
	return Endpoint{Host: host, Region: region}
}

func (p *parser) peer() *Endpoint {
	if value, _ := p.lookup(contract.EnvPeerEndpoint); value == "" {
		return nil
	}
	peer := p.endpoint(contract.EnvPeerEndpoint)
	return &peer
}

func (p *parser) encryptedFields() []string {
	value, _ := p.lookup(contract.EnvEncryptedFields)
	if value == "" {
		return nil
	}
	fields := strings.Split(value, ",")
	if err := contract.CheckEncryptedFields(fields); err != nil {
		p.problems = append(p.problems, fmt.Errorf("%s: %w", contract.EnvEncryptedFields, err))
	}
	return fields
}

// key is the ARN of a key in the region: a client of another region cannot use it.
func (p *parser) key(region string, needed bool) string {
	accepted := "the ARN of a KMS key in " + region
	value, _ := p.lookup(contract.EnvKeyARN)
	if value == "" && !needed {
		return ""
	}
	if value, needed = p.required(contract.EnvKeyARN, accepted); !needed {
		return ""
	}
	if parts := keyARN.FindStringSubmatch(value); parts == nil || parts[1] != region {
		p.problem(contract.EnvKeyARN, value, accepted)
	}
	return value
}
