package apigateway

import (
	"cmp"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/sandbox/acm"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/internal/constraint"
	"aurora-dsql-dr/sandbox/region"
)

// DomainName is a custom domain name: a host name that reaches one API of the region. The second group is given by API
// Gateway.
type DomainName struct {
	Name          string            `json:"domainName"`
	Configuration Configuration     `json:"domainNameConfiguration"`
	Tags          map[string]string `json:"tags,omitempty"`

	Arn string `json:"arn"`
	// MappingSelection is what HTTP APIs cannot choose.
	MappingSelection string `json:"apiMappingSelectionExpression"`
}

// Configuration is how a domain name is served. The second group is given by API Gateway.
type Configuration struct {
	CertificateArn string `json:"certificateArn"`
	EndpointType   string `json:"endpointType"`            // REGIONAL
	SecurityPolicy string `json:"securityPolicy"`          // TLS_1_2
	IPAddressType  string `json:"ipAddressType,omitempty"` // ipv4, by default, or dualstack

	// TargetDomainName is what records of the domain name lead to, and HostedZoneID its zone, which aliases name.
	TargetDomainName string `json:"targetDomainName"`
	HostedZoneID     string `json:"hostedZoneId"`
}

// Mapping leads a domain name to a stage of an API.
type Mapping struct {
	DomainName string `json:"domainName"`
	APIID      string `json:"apiId"`
	Stage      string `json:"stage"`
	Key        string `json:"apiMappingKey,omitempty"` // the sandbox models the empty one

	ID string `json:"-"`
}

type domain struct {
	DomainName
	mapping *Mapping // nil until there is one
}

// zones are the hosted zones of API Gateway's regional endpoints (AWS General Reference, "Amazon API Gateway endpoints
// and quotas"), for the regions of Aurora DSQL.
var zones = map[string]string{
	"us-east-1":      "Z1UJRXOUMOOFQ8",
	"us-east-2":      "ZOJJZC49E0EPZ",
	"us-west-2":      "Z2OJLYMUO9EFXC",
	"ca-central-1":   "Z19DQILCV0OWEC",
	"ca-west-1":      "Z04745493436AWVTG1OQY",
	"ap-south-1":     "Z3VO1THU9YC4UR",
	"ap-southeast-1": "ZL327KTPIQFUL",
	"ap-northeast-1": "Z1YSHQZHG15GKL",
	"ap-northeast-2": "Z20JF4UZKIW1U8",
	"ap-northeast-3": "Z22ILHG95FLSZ2",
	"eu-central-1":   "Z1U9ULNL0V5AJ3",
	"eu-west-1":      "ZLY8HYME6SFDD",
	"eu-west-2":      "ZJ5UAJN8Y3Z2Q",
	"eu-west-3":      "Z3KY65QIEKYHQQ",
	"eu-south-2":     "Z02499852UI5HEQ5JVWX3",
	"eu-north-1":     "Z3UWIKFBOOGXPP",
}

const (
	maxDomainName = 512
	label         = `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
)

var hostName = regexp.MustCompile(`^(` + label + `\.)+` + label + `$`)

// CreateDomainName makes a custom domain name and begins to serve it.
func (s *Service) CreateDomainName(d DomainName) (DomainName, error) {
	d.Name = strings.ToLower(d.Name)
	d = s.given(d)
	if err := s.checkDomain(d); err != nil {
		return DomainName{}, err
	}
	if err := s.serveTLS(); err != nil {
		return DomainName{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.domains[d.Name]; taken {
		return DomainName{}, badRequest("The domain name you provided already exists.")
	}
	if most := s.env.Limit(DomainQuota); len(s.domains) >= most {
		return DomainName{}, tooMany("custom domain names", most)
	}
	if err := s.deps.ACM.Use(d.Configuration.CertificateArn, d.Arn); err != nil {
		return DomainName{}, badRequest("%v", err)
	}
	d.Configuration.TargetDomainName = "d-" + newID(10) + "." + s.suffix()
	s.domains[d.Name] = &domain{DomainName: d}
	return d, nil
}

// given fills in what API Gateway says of a domain name.
func (s *Service) given(d DomainName) DomainName {
	d.Arn = "arn:" + region.Partition + ":apigateway:" + s.env.Name + "::/domainnames/" + d.Name
	d.MappingSelection = "$request.basepath"
	d.Configuration.IPAddressType = cmp.Or(d.Configuration.IPAddressType, "ipv4")
	d.Configuration.HostedZoneID = zones[s.env.Name]
	return d
}

// suffix is the domain of the region's endpoints.
func (s *Service) suffix() string { return "execute-api." + s.env.Name + ".amazonaws.com" }

func (s *Service) checkDomain(d DomainName) error {
	var c constraint.Check
	c.Pattern("domainName", d.Name, 1, maxDomainName, hostName)
	c.Tags(d.Tags)
	if err := c.Err("BadRequestException"); err != nil {
		return err
	}
	switch k := d.Configuration; {
	case k.EndpointType != "REGIONAL":
		return badRequest("endpoint type is %q: the sandbox models REGIONAL", k.EndpointType)
	case k.SecurityPolicy != "TLS_1_2":
		return badRequest("security policy is %q: the sandbox models TLS_1_2", k.SecurityPolicy)
	case k.IPAddressType != "ipv4" && k.IPAddressType != "dualstack":
		return badRequest("IP address type is %q: want ipv4 or dualstack", k.IPAddressType)
	case k.HostedZoneID == "":
		return badRequest("region is %s: the sandbox knows API Gateway's hosted zones in %s", s.env.Name,
			strings.Join(slices.Sorted(maps.Keys(zones)), ", "))
	}
	return s.checkCertificate(d)
}

func (s *Service) checkCertificate(d DomainName) error {
	arn := d.Configuration.CertificateArn
	if !strings.HasPrefix(arn, s.env.ARN("acm", "certificate/")) {
		return badRequest("Invalid certificate ARN: %s. Certificate must be in '%s'.", arn, s.env.Name)
	}
	certificate, err := s.deps.ACM.Certificate(arn)
	switch {
	case err != nil:
		return badRequest("The provided certificate does not exist.")
	case certificate.Status != acm.Issued:
		return badRequest("certificate %s is %s: want %s", arn, certificate.Status, acm.Issued)
	case !certificate.Covers(d.Name):
		return badRequest("The domain name to be created is not covered by the provided certificate.")
	default:
		return nil
	}
}

// DomainName finds a custom domain name.
func (s *Service) DomainName(name string) (DomainName, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.domain(name)
	if err != nil {
		return DomainName{}, err
	}
	return d.DomainName, nil
}

// DomainNames lists the custom domain names by name.
func (s *Service) DomainNames() (all []DomainName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.domains)) {
		all = append(all, s.domains[name].DomainName)
	}
	return all
}

// UpdateDomainName replaces the configuration and the tags of a domain name, which keeps its target.
func (s *Service) UpdateDomainName(d DomainName) (DomainName, error) {
	d = s.given(d)
	if err := s.checkDomain(d); err != nil {
		return DomainName{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.domain(d.Name)
	if err != nil {
		return DomainName{}, err
	}
	d.Configuration.TargetDomainName = old.Configuration.TargetDomainName
	if before := old.Configuration.CertificateArn; before != d.Configuration.CertificateArn {
		if err := s.deps.ACM.Use(d.Configuration.CertificateArn, d.Arn); err != nil {
			return DomainName{}, badRequest("%v", err)
		}
		s.deps.ACM.Release(before, d.Arn)
	}
	old.DomainName = d
	return d, nil
}

// DeleteDomainName removes a domain name with its mapping.
func (s *Service) DeleteDomainName(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.domain(name)
	if err != nil {
		return err
	}
	delete(s.domains, d.Name)
	s.deps.ACM.Release(d.Configuration.CertificateArn, d.Arn)
	return nil
}

// domain finds a domain name. The caller holds the lock.
func (s *Service) domain(name string) (*domain, error) {
	if d, ok := s.domains[name]; ok {
		return d, nil
	}
	return nil, awserr.NotFound(http.StatusNotFound, "NotFoundException", "Invalid domain name identifier specified")
}

// CreateMapping leads a domain name to a stage of an API.
func (s *Service) CreateMapping(m Mapping) (Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.checkMapping(m)
	if err != nil {
		return Mapping{}, err
	}
	if d.mapping != nil {
		return Mapping{}, awserr.Conflict(http.StatusConflict, "ConflictException",
			"ApiMapping key already exists for this domain name")
	}
	m.ID = newID(6)
	d.mapping = &m
	return m, nil
}

// checkMapping finds the domain name of a mapping that may be. The caller holds the lock.
func (s *Service) checkMapping(m Mapping) (*domain, error) {
	if m.Key != "" {
		return nil, badRequest("API mapping key is %q: the sandbox models the empty one", m.Key)
	}
	d, err := s.domain(m.DomainName)
	if err != nil {
		return nil, err
	}
	a, err := s.find(m.APIID)
	if err != nil {
		return nil, err
	}
	if a.stage == nil || a.stage.Name != m.Stage {
		return nil, notFound("Stage", m.Stage)
	}
	return d, nil
}

// Mapping finds a mapping of a domain name.
func (s *Service) Mapping(domainName, id string) (Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.domain(domainName)
	if err != nil {
		return Mapping{}, err
	}
	if d.mapping == nil || d.mapping.ID != id {
		return Mapping{}, notFound("ApiMapping", id)
	}
	return *d.mapping, nil
}

// Mappings lists the mappings of a domain name, of which the sandbox models one.
func (s *Service) Mappings(domainName string) ([]Mapping, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.domain(domainName)
	if err != nil || d.mapping == nil {
		return nil, err
	}
	return []Mapping{*d.mapping}, nil
}

// UpdateMapping replaces the stage of a mapping.
func (s *Service) UpdateMapping(m Mapping) (Mapping, error) {
	if _, err := s.Mapping(m.DomainName, m.ID); err != nil {
		return Mapping{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.checkMapping(m)
	if err != nil {
		return Mapping{}, err
	}
	d.mapping = &m
	return m, nil
}

// DeleteMapping removes a mapping: its domain name answers 403 from then on.
func (s *Service) DeleteMapping(domainName, id string) error {
	if _, err := s.Mapping(domainName, id); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.domains[domainName].mapping = nil
	return nil
}

// mapped says whether a domain name leads to an API. The caller holds the lock.
func (s *Service) mapped(apiID string) bool {
	for _, d := range s.domains {
		if d.mapping != nil && d.mapping.APIID == apiID {
			return true
		}
	}
	return false
}

// Target is where an endpoint of the region is found by its name, with the hosted zone that aliases to it name: the
// target of a custom domain name, or an API's own.
func (s *Service) Target(name string) (zoneID string, addr netip.Addr, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ours := strings.CutSuffix(strings.ToLower(name), "."+s.suffix())
	if !ours || s.front == nil {
		return "", netip.Addr{}, false
	}
	_, ok = s.apis[id]
	for _, d := range s.domains {
		ok = ok || d.Configuration.TargetDomainName == id+"."+s.suffix()
	}
	return zones[s.env.Name], s.front.at.Addr(), ok
}

// DualStack says whether the target of a custom domain name is reached by IPv6 as well.
func (s *Service) DualStack(target string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.domains {
		if k := d.Configuration; strings.EqualFold(k.TargetDomainName, target) {
			return k.IPAddressType == "dualstack"
		}
	}
	return false
}
