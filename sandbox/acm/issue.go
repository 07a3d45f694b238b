package acm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/cloudwatch"
)

const (
	// validationTime is how long ACM looks for the records ("DNS validation", ACM User Guide).
	validationTime = 72 * time.Hour
	day            = 24 * time.Hour
	// validity is how long a certificate is valid ("ACM Certificate", ACM User Guide).
	validity = 198 * day
)

// validation is the record of a name. It follows from the account and the name alone, so that two certificates for a
// name ask for one record, whatever their regions; a wildcard's is that of the name below it.
func (s *Service) validation(name string) Validation {
	base := strings.TrimPrefix(name, "*.")
	sum := sha256.Sum256([]byte(s.env.Account + " " + base))
	digits := hex.EncodeToString(sum[:])
	letters := strings.Map(func(r rune) rune { return 'a' + r%26 }, digits[:10])
	return Validation{
		DomainName: name,
		Name:       "_" + digits[:32] + "." + base + ".",
		Type:       "CNAME",
		Value:      "_" + digits[32:] + "." + letters + ".acm-validations.aws.",
		Status:     PendingValidation,
	}
}

// Tick looks at the certificates that wait and at those that end.
func (s *Service) Tick(now time.Time) {
	for _, c := range s.certificates.All() {
		switch {
		case c.Status == PendingValidation:
			s.validate(c, now)
		case c.Status == Issued && now.After(*c.NotAfter):
			s.certificates.Update(c.Arn, func(c *stored) { c.Status = Expired })
		}
	}
}

// validate looks for the records of a certificate. It asks DNS while nothing is locked, since DNS may ask for what is
// served with certificates.
func (s *Service) validate(c stored, now time.Time) {
	statuses, missing := make([]string, len(c.Validations)), 0
	for i, v := range c.Validations {
		statuses[i] = v.Status
		if v.Status != Success {
			statuses[i] = s.look(v)
		}
		if statuses[i] != Success {
			missing++
		}
	}
	timedOut := missing > 0 && now.Sub(c.CreatedAt) >= validationTime
	s.certificates.Update(c.Arn, func(c *stored) {
		validations := append([]Validation(nil), c.Validations...) // others still read the old ones
		for i := range validations {
			validations[i].Status = statuses[i]
			if timedOut && statuses[i] != Success {
				validations[i].Status = Failed
			}
		}
		c.Validations = validations
		if timedOut {
			c.Status = ValidationTimedOut
		}
	})
	if missing == 0 {
		s.issue(c, now)
	}
}

func (s *Service) look(v Validation) string {
	value, ok := s.deps.CNAME(v.Name)
	if ok && strings.EqualFold(strings.TrimSuffix(value, "."), strings.TrimSuffix(v.Value, ".")) {
		return Success
	}
	return PendingValidation
}

// issue has a certificate signed. Clients tell the time by the wall, so there it is valid for as long as the sandbox's
// days last.
func (s *Service) issue(c stored, now time.Time) {
	from := now.UTC().Truncate(day)
	until := from.Add(validity - time.Second)
	served, err := s.deps.CA.Certify(c.key, s.env.Clock.ToWall(from), s.env.Clock.ToWall(until),
		c.SubjectAlternativeNames...)
	if err != nil {
		panic(fmt.Errorf("certificate %s: %w", c.Arn, err)) // names and key have been checked
	}
	s.certificates.Update(c.Arn, func(c *stored) {
		c.Status, c.served = Issued, served
		c.NotBefore, c.NotAfter, c.IssuedAt = &from, &until, &now
		c.Serial, c.Issuer = served.Leaf.SerialNumber.Text(16), served.Leaf.Issuer.CommonName
	})
}

// Metrics are the whole days until each certificate expires; one that has expired has none ("Supported CloudWatch
// metrics", ACM User Guide).
func (s *Service) Metrics(now time.Time) (data []cloudwatch.Datum) {
	for _, c := range s.Certificates() {
		if c.Status != Issued || now.After(*c.NotAfter) {
			continue
		}
		data = append(data, cloudwatch.Sample("DaysToExpiry", map[string]string{"CertificateArn": c.Arn},
			math.Floor(c.NotAfter.Sub(now).Hours()/24), "Count", now))
	}
	return data
}
