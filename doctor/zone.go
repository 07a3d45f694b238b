package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/miekg/dns"
)

// resolverVariable names a DNS server, host:port, to ask instead of the machine's own: the sandbox has one.
const resolverVariable = "RESOLVER"

// lookup asks a DNS server for the records of a name, with those that an alias leads to.
func lookup(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	server, err := resolver()
	if err != nil {
		return nil, err
	}
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), kind)
	for _, network := range []string{"udp", "tcp"} {
		client := &dns.Client{Net: network}
		answer, _, err := client.ExchangeContext(ctx, question, server)
		switch {
		case err != nil:
			return nil, fmt.Errorf("DNS at %s: %w", server, err)
		case answer.Truncated:
			continue
		case answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError:
			return nil, fmt.Errorf("DNS at %s answers %s for %s", server, dns.RcodeToString[answer.Rcode], name)
		default:
			return answer.Answer, nil
		}
	}
	return nil, fmt.Errorf("DNS at %s cannot answer for %s", server, name)
}

// resolver is the DNS server that is asked.
func resolver() (string, error) {
	if given := os.Getenv(resolverVariable); given != "" {
		return given, nil
	}
	conf, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return "", err
	}
	if len(conf.Servers) == 0 {
		return "", errors.New("/etc/resolv.conf names no DNS server: " + resolverVariable + "=<host>:53 names one")
	}
	return net.JoinHostPort(conf.Servers[0], conf.Port), nil
}

var zone = check{
	id:    "zone",
	asked: "Is the hosted zone public, above the domain, and what the internet is led to?",
	why: "A certificate is issued when its records answer, for which the deployment waits 75 minutes; and " +
		"clients ask the same.",
	do: "Name the zone's own servers at the registrar, or in the zone above (Route 53 Developer Guide, " +
		"\"Making Route 53 the DNS service\").",
	concerns: hasTraffic,
	look: func(ctx context.Context, s *stack) []answer {
		client := route53.NewFromConfig(s.in(iamRegion))
		out, err := client.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &s.config.Traffic.ZoneID})
		var missing *types.NoSuchHostedZone
		if errors.As(err, &missing) {
			return []answer{bad("", "the account has no zone %s", s.config.Traffic.ZoneID)}
		}
		if err != nil {
			return []answer{unasked("", err)}
		}
		return []answer{delegated(ctx, s.config.Traffic.Domain, out)}
	},
}

// delegated compares the zone's servers with those that DNS names.
func delegated(ctx context.Context, domain string, out *route53.GetHostedZoneOutput) answer {
	name := strings.TrimSuffix(aws.ToString(out.HostedZone.Name), ".")
	if c := out.HostedZone.Config; c != nil && c.PrivateZone {
		return bad("", "%s is private: nobody on the internet is answered", name)
	}
	if !strings.HasSuffix("."+domain, "."+name) {
		return bad("", "%s is not above %s", name, domain)
	}
	records, err := lookup(ctx, name, dns.TypeNS)
	if err != nil {
		return unasked("", err)
	}
	var told []string
	for _, r := range records {
		if ns, ok := r.(*dns.NS); ok {
			told = append(told, strings.TrimSuffix(strings.ToLower(ns.Ns), "."))
		}
	}
	own := slices.Sorted(slices.Values(out.DelegationSet.NameServers))
	slices.Sort(told)
	if !slices.Equal(own, told) {
		return bad("", "DNS names %s for %s, and the zone has %s", orNone(told), name, strings.Join(own, ", "))
	}
	return good("", "%s is, by %s", name, strings.Join(own, ", "))
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "no server"
	}
	return strings.Join(list, ", ")
}

// amazons are the names by which a CAA record admits ACM (ACM User Guide, "Configure a CAA record").
var amazons = []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}

var caa = check{
	id:       "caa",
	local:    true,
	asked:    "Do the CAA records admit Amazon as an issuer of certificates?",
	why:      "One CAA record that names others only, and ACM's certificate fails.",
	do:       "Add a CAA record: 0 issue \"amazon.com\".",
	concerns: all(hasTraffic, hasApplication),
	look: func(ctx context.Context, s *stack) []answer {
		domain := s.config.Traffic.Domain
		for name := domain; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
			records, err := lookup(ctx, name, dns.TypeCAA)
			if err != nil {
				return []answer{unasked("", err)}
			}
			if issuers, there := issuersOf(records); there {
				return []answer{admits(name, issuers)}
			}
		}
		return []answer{good("", "there is none, so that every issuer is admitted")}
	},
}

// issuersOf are the issuers that CAA records admit, and whether there are such records: the nearest decide (RFC 8659).
func issuersOf(records []dns.RR) (issuers []string, there bool) {
	for _, r := range records {
		if caa, ok := r.(*dns.CAA); ok && caa.Tag == "issue" {
			issuer, _, _ := strings.Cut(caa.Value, ";")
			issuers, there = append(issuers, strings.TrimSpace(issuer)), true
		}
	}
	return issuers, there
}

func admits(name string, issuers []string) answer {
	for _, issuer := range issuers {
		if slices.Contains(amazons, issuer) {
			return good("", "those of %s admit %s", name, issuer)
		}
	}
	return bad("", "those of %s admit %s only", name, orNone(issuers))
}
