package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/miekg/dns"
)

// leastLife is how long a certificate must count yet: ACM renews it 60 days before its end, and the alarm speaks 30
// days before it.
const leastLife = 30 * 24 * time.Hour

var certificates = check{
	id:       "certificates",
	asked:    "Are the certificates issued, and good for a month at least?",
	why:      "Clients refuse an expired one, in both regions at once.",
	do:       "docs/runbooks.md#a-certificate-expires.",
	concerns: all(hasTraffic, hasApplication),
	look: func(ctx context.Context, s *stack) []answer {
		return inRegions(s.data(), func(region string) ([]answer, error) {
			var answers []answer
			for _, c := range s.made("aws:acm/certificate:Certificate", region) {
				out, err := acm.NewFromConfig(s.in(region)).DescribeCertificate(ctx,
					&acm.DescribeCertificateInput{CertificateArn: aws.String(c.Output("arn"))})
				if err != nil {
					return nil, err
				}
				answers = append(answers, valid(region, out.Certificate, time.Now()))
			}
			return answers, nil
		})
	},
}

func valid(region string, c *acmtypes.CertificateDetail, now time.Time) answer {
	name, end := aws.ToString(c.DomainName), aws.ToTime(c.NotAfter)
	switch {
	case c.Status != acmtypes.CertificateStatusIssued:
		return bad(region, "the certificate of %s is %s", name, c.Status)
	case end.Sub(now) < leastLife:
		return bad(region, "the certificate of %s ends on %s", name, end.Format(time.DateOnly))
	default:
		return good(region, "the certificate of %s counts until %s", name, end.Format(time.DateOnly))
	}
}

var names = check{
	id:       "names",
	local:    true,
	asked:    "Does DNS answer for the name, and for that of each region?",
	why:      "A name that answers nothing serves nobody, in whichever region.",
	do:       "docs/runbooks.md#everything-is-unfit; a name that never answered: the zone's delegation, above.",
	concerns: hasTraffic,
	look: func(ctx context.Context, s *stack) []answer {
		asked := []string{s.deployed.TrafficDomain}
		for _, region := range s.data() {
			asked = append(asked, s.deployed.TrafficRegionalDomains[region])
		}
		var answers []answer
		for _, name := range asked {
			records, err := lookup(ctx, name, dns.TypeA)
			switch {
			case err != nil:
				answers = append(answers, unasked("", err))
			case len(records) == 0:
				answers = append(answers, bad("", "%s has no address", name))
			default:
				answers = append(answers, good("", "%s has %s", name, addresses(records)))
			}
		}
		return answers
	},
}

func addresses(records []dns.RR) string {
	var list []string
	for _, r := range records {
		if a, ok := r.(*dns.A); ok {
			list = append(list, a.A.String())
		}
	}
	return strings.Join(list, ", ")
}

// healthWindow is how long ago the health of a check may have been published.
const healthWindow = 10 * time.Minute

var healthChecks = check{
	id:    "health-checks",
	asked: "Are all health checks of Route 53 healthy?",
	why:   "One that is not takes its region out of the answers, or says so of an observer.",
	do: "A region that is withdrawn, or in its hold of eight minutes afterwards, is to be so. docs/traffic.md says what " +
		"each means; docs/runbooks.md#move-clients-by-hand.",
	concerns: hasTraffic,
	look: func(ctx context.Context, s *stack) []answer {
		client := cloudwatch.NewFromConfig(s.in(iamRegion)) // where Route 53 publishes, for all regions
		var unhealthy []string
		for _, name := range sorted(s.deployed.HealthCheckIDs) {
			healthy, err := health(ctx, client, s.deployed.HealthCheckIDs[name])
			if err != nil {
				return []answer{unasked("", err)}
			}
			if !healthy {
				unhealthy = append(unhealthy, name)
			}
		}
		if len(unhealthy) > 0 {
			return []answer{bad("", "not %s", strings.Join(unhealthy, ", "))}
		}
		return []answer{good("", "all %d checks are", len(s.deployed.HealthCheckIDs))}
	},
}

// health is whether the latest word of Route 53 about a check is that it is healthy (Route 53 Developer Guide,
// "Monitoring health checks using CloudWatch"); the API tells it of endpoints only.
func health(ctx context.Context, client *cloudwatch.Client, id string) (bool, error) {
	at, healthy, err := newest(ctx, client, healthWindow, "Minimum",
		metric("AWS/Route53", "HealthCheckStatus", map[string]string{"HealthCheckId": id}))
	if err != nil {
		return false, err
	}
	if at.IsZero() {
		return false, fmt.Errorf("Route 53 has published nothing of %s for %v", id, healthWindow)
	}
	return healthy >= 1, nil
}
