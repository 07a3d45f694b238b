// Package acm is the sandbox's AWS Certificate Manager: public certificates, validated by DNS, whose keys never leave
// it but for the service that serves with them.
package acm

import (
	"crypto/tls"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"aurora-dsql-dr/sandbox/authority"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/table"
	"aurora-dsql-dr/sandbox/region"
)

// States of certificates and of the validation of their names.
const (
	PendingValidation  = "PENDING_VALIDATION"
	Issued             = "ISSUED"
	Expired            = "EXPIRED"
	ValidationTimedOut = "VALIDATION_TIMED_OUT"

	Success = "SUCCESS"
	Failed  = "FAILED"
)

// What a certificate is when nothing else is said.
const (
	defaultKeyAlgorithm = "RSA_2048"
	DNS                 = "DNS"
	enabled             = "ENABLED"
	disabled            = "DISABLED"
)

// Deps are what Certificate Manager relies on.
type Deps struct {
	CA *authority.CA
	// CNAME is what public DNS answers for the CNAME record of a name; false if there is none.
	CNAME func(name string) (value string, ok bool)
}

// Service is the Certificate Manager of one region. Create it with New; it is safe for concurrent use.
type Service struct {
	env  *region.Env
	deps Deps

	certificates table.Table[stored] // by ARN

	mu       sync.Mutex
	requests map[string]request // by idempotency token
}

// request is what a token has asked for.
type request struct {
	arn string
	at  time.Time
}

// Certificate is a public certificate. What follows the tags is given by Certificate Manager.
type Certificate struct {
	DomainName string `json:"domainName"`
	// SubjectAlternativeNames are the names it is for; the domain name is always one of them.
	SubjectAlternativeNames []string          `json:"subjectAlternativeNames,omitempty"`
	ValidationMethod        string            `json:"validationMethod"` // DNS
	KeyAlgorithm            string            `json:"keyAlgorithm,omitempty"`
	Options                 *Options          `json:"options,omitempty"`
	Tags                    map[string]string `json:"tags,omitempty"`

	Arn         string       `json:"arn"`
	Status      string       `json:"status"`
	Type        string       `json:"type"` // AMAZON_ISSUED
	Validations []Validation `json:"domainValidationOptions"`
	NotBefore   *time.Time   `json:"notBefore,omitempty"`
	NotAfter    *time.Time   `json:"notAfter,omitempty"`
	// Eligibility is whether it would be renewed: only what is in use is.
	Eligibility string     `json:"renewalEligibility"`
	CreatedAt   time.Time  `json:"-"`
	IssuedAt    *time.Time `json:"-"`
	// InUseBy are the ARNs of the resources that serve with it.
	InUseBy []string `json:"-"`
	// Serial is its number, and Issuer who has signed it; empty until it is issued.
	Serial string `json:"-"`
	Issuer string `json:"-"`
}

// Options are a certificate's.
type Options struct {
	Transparency string `json:"certificateTransparencyLoggingPreference,omitempty"` // ENABLED
	Export       string `json:"export,omitempty"`                                   // DISABLED
}

// Validation is the record that proves who a name belongs to.
type Validation struct {
	DomainName string `json:"domainName"`
	Name       string `json:"resourceRecordName"`
	Type       string `json:"resourceRecordType"` // CNAME
	Value      string `json:"resourceRecordValue"`
	Status     string `json:"-"`
}

// stored is a certificate with its key.
type stored struct {
	Certificate
	key keyPair
	// served is what TLS shows; empty until it is issued.
	served tls.Certificate
}

// New returns the Certificate Manager of a region without certificates.
func New(env *region.Env, deps Deps) *Service {
	return &Service{env: env, deps: deps, requests: map[string]request{}}
}

// tokenLife is how long an idempotency token is known (API Reference, RequestCertificate).
const tokenLife = time.Hour

// Request asks for a certificate, which is issued once the records of all its names exist. The same request with the
// same token within an hour is the same certificate.
func (s *Service) Request(c Certificate, token string) (Certificate, error) {
	c = c.withDefaults()
	if err := c.check(token); err != nil {
		return Certificate{}, err
	}
	key, err := newKey(c.KeyAlgorithm) // takes a while, so nothing waits for it
	if err != nil {
		return Certificate{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.env.Now()
	if known, ok := s.requests[token]; ok && token != "" && now.Sub(known.at) < tokenLife {
		if same, ok := s.certificates.Get(known.arn); ok && same.sameNames(c) {
			return same.Certificate, nil
		}
	}
	c.Arn = s.env.ARN("acm", "certificate/"+uuid.NewString())
	c.Status, c.Type, c.CreatedAt, c.Eligibility = PendingValidation, "AMAZON_ISSUED", now, "INELIGIBLE"
	for _, name := range c.SubjectAlternativeNames {
		c.Validations = append(c.Validations, s.validation(name))
	}
	s.certificates.Put(c.Arn, stored{Certificate: c, key: key})
	if token != "" {
		s.requests[token] = request{arn: c.Arn, at: now}
	}
	return c, nil
}

func (c Certificate) withDefaults() Certificate {
	c.DomainName = strings.ToLower(c.DomainName)
	names := []string{c.DomainName}
	for _, name := range c.SubjectAlternativeNames {
		if name = strings.ToLower(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	c.SubjectAlternativeNames = names
	if c.KeyAlgorithm == "" {
		c.KeyAlgorithm = defaultKeyAlgorithm
	}
	options := Options{}
	if c.Options != nil {
		options = *c.Options
	}
	if options.Transparency == "" {
		options.Transparency = enabled
	}
	if options.Export == "" {
		options.Export = disabled
	}
	c.Options = &options
	return c
}

func (c Certificate) sameNames(other Certificate) bool {
	return c.DomainName == other.DomainName && slices.Equal(c.SubjectAlternativeNames, other.SubjectAlternativeNames)
}

// Certificate finds a certificate by its ARN.
func (s *Service) Certificate(arn string) (Certificate, error) {
	c, ok := s.certificates.Get(arn)
	if !ok {
		return Certificate{}, notFound(arn)
	}
	return c.Certificate, nil
}

// Certificates lists the certificates by their ARNs.
func (s *Service) Certificates() []Certificate {
	var all []Certificate
	for _, c := range s.certificates.All() {
		all = append(all, c.Certificate)
	}
	return all
}

// Tag replaces the tags of a certificate.
func (s *Service) Tag(arn string, tags map[string]string) (Certificate, error) {
	if err := checkTags(tags); err != nil {
		return Certificate{}, err
	}
	s.certificates.Update(arn, func(c *stored) { c.Tags = tags })
	return s.Certificate(arn)
}

// Delete deletes a certificate that nothing uses.
func (s *Service) Delete(arn string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.Certificate(arn)
	if err != nil {
		return err
	}
	if len(c.InUseBy) > 0 {
		return awserr.Conflict(400, "ResourceInUseException", "Certificate %s in account %s is in use.", arn,
			s.env.Account)
	}
	s.certificates.Delete(arn)
	return nil
}

// Use notes that a resource, named by its ARN, serves with an issued certificate, until Release.
func (s *Service) Use(arn, resource string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.Certificate(arn)
	if err != nil {
		return err
	}
	if c.Status != Issued {
		return awserr.Invalid("InvalidStateException", "Certificate %s is %s: want %s", arn, c.Status, Issued)
	}
	s.setUsers(arn, append(without(c.InUseBy, resource), resource))
	return nil
}

// Release notes that a resource no longer serves with a certificate.
func (s *Service) Release(arn, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, err := s.Certificate(arn); err == nil {
		s.setUsers(arn, without(c.InUseBy, resource))
	}
}

func (s *Service) setUsers(arn string, users []string) {
	s.certificates.Update(arn, func(c *stored) {
		c.InUseBy, c.Eligibility = users, "INELIGIBLE"
		if len(users) > 0 {
			c.Eligibility = "ELIGIBLE"
		}
	})
}

func without(list []string, item string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(each string) bool { return each == item })
}

// Serve is a certificate with its key, for a service that serves with it.
func (s *Service) Serve(arn string) (*tls.Certificate, error) {
	c, ok := s.certificates.Get(arn)
	if !ok || c.served.PrivateKey == nil {
		return nil, notFound(arn)
	}
	return &c.served, nil
}

func notFound(arn string) error {
	return awserr.NotFound(400, "ResourceNotFoundException", "Could not find certificate %s.", arn)
}
