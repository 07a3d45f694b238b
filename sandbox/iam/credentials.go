package iam

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/awserr"
)

// Credentials sign requests. Those of a role are temporary: they carry a session token, which the request must carry
// too, and expire.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string    // "" for the administrator
	Expiration      time.Time // zero for the administrator
	Principal       Principal
	// Region is where they are used, as told by Place; "" is outside AWS.
	Region string
}

// Admin is the administrator of the account, who may do everything: the user of the sandbox's command line.
func (s *Service) Admin() Credentials { return s.admin }

// Act is the principal that a service ("events.amazonaws.com") is when it acts as a role, if the role's trust policy
// lets it.
func (s *Service) Act(service, roleARN, session string) (Principal, error) {
	return s.ActFor(service, roleARN, session, nil)
}

// ActFor is Act for a resource of the account: its condition keys are those by which a trust policy tells whom the
// service acts for, aws:SourceArn and aws:SourceAccount.
func (s *Service) ActFor(service, roleARN, session string, conditions Context) (Principal, error) {
	if _, err := s.trusting(service, roleARN, conditions); err != nil {
		return Principal{}, err
	}
	return Session(roleARN, session), nil
}

// trusting is the role, if it lets the service assume it.
func (s *Service) trusting(service, roleARN string, conditions Context) (Role, error) {
	role, err := s.RoleByARN(roleARN)
	if err != nil {
		return Role{}, err
	}
	trust, err := ParseTrustPolicy(role.AssumeRolePolicy)
	if err != nil {
		return Role{}, err
	}
	if trust.decide(request{
		caller:  ServicePrincipal(service),
		account: s.account,
		action:  "sts:AssumeRole",
		context: conditions,
	}) != allowed {
		return Role{}, awserr.Denied("AccessDenied",
			"User: %s is not authorized to perform: sts:AssumeRole on resource: %s", service, roleARN)
	}
	return role, nil
}

// AssumeRole gives a service ("lambda.amazonaws.com") credentials of a role, if the role's trust policy lets it.
func (s *Service) AssumeRole(service, roleARN, session string) (Credentials, error) {
	role, err := s.trusting(service, roleARN, nil)
	if err != nil {
		return Credentials{}, err
	}
	now := s.clock.Now()
	c := Credentials{
		AccessKeyID:     "ASIA" + rand.Text()[:16],
		SecretAccessKey: rand.Text() + rand.Text()[:14],
		SessionToken:    "sandbox/" + rand.Text() + rand.Text(),
		Expiration:      now.Add(time.Duration(role.MaxSessionDuration) * time.Second),
		Principal:       Session(roleARN, session),
	}
	s.forgetExpired(now)
	s.sessions.Put(c.AccessKeyID, c)
	return c, nil
}

// Place records the region in which temporary credentials are used: that of the function that has them.
func (s *Service) Place(accessKeyID, region string) {
	s.sessions.Update(accessKeyID, func(c *Credentials) { c.Region = region })
}

// Session is the principal of a role's session: its ARN is that of the assumed role.
func Session(roleARN, session string) Principal {
	account := strings.Split(roleARN, ":")[4]
	name := roleARN[strings.LastIndex(roleARN, "/")+1:]
	return Principal{ARN: "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + session, Role: roleARN}
}

func (s *Service) forgetExpired(now time.Time) {
	for _, c := range s.sessions.All() {
		if c.Expiration.Before(now) {
			s.sessions.Delete(c.AccessKeyID)
		}
	}
}

// Lookup finds credentials by their access key id. The caller still has to check the signature with the secret, and the
// session token.
func (s *Service) Lookup(accessKeyID string) (Credentials, error) {
	if accessKeyID == s.admin.AccessKeyID {
		return s.admin, nil
	}
	c, ok := s.sessions.Get(accessKeyID)
	if !ok {
		return Credentials{}, awserr.Denied("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if !s.clock.Now().Before(c.Expiration) {
		return Credentials{}, &awserr.Error{
			Code:    "ExpiredToken",
			Message: "The security token included in the request is expired",
			Status:  http.StatusForbidden,
		}
	}
	return c, nil
}
