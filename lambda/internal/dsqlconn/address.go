package dsqlconn

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// endpointName is an endpoint's host name: <identifier>.dsql.<region>.on.aws, or dsql-<suffix> over PrivateLink.
var endpointName = regexp.MustCompile(`^[a-z0-9]+\.dsql(?:-[a-z0-9]+)?\.([a-z]{2,}(?:-[a-z]+)+-[0-9]+)\.on\.aws$`)

// Region reads the region out of an endpoint's host name.
func Region(endpoint string) (string, error) {
	parts := endpointName.FindStringSubmatch(endpoint)
	if parts == nil {
		return "", fmt.Errorf("endpoint %q: want the host name of a DSQL endpoint, <identifier>.dsql.<region>.on.aws",
			endpoint)
	}
	return parts[1], nil
}

// ParseHostAddr reads the value of contract.EnvHostAddr, comma-separated host=ip:port pairs, into Dialer.HostAddr. A
// host that is listed again has one more address. An empty value is an empty map. All malformed pairs are reported in
// one error.
func ParseHostAddr(value string) (map[string][]string, error) {
	addresses := map[string][]string{}
	if strings.TrimSpace(value) == "" {
		return addresses, nil
	}
	var problems []error
	for pair := range strings.SplitSeq(value, ",") {
		host, addr, _ := strings.Cut(strings.TrimSpace(pair), "=")
		addrPort, err := netip.ParseAddrPort(addr)
		switch {
		case host == "" || err != nil || addrPort.Port() == 0:
			problems = append(problems, fmt.Errorf("%q: want host=ip:port, such as abc.dsql.us-east-1.on.aws=10.0.0.5:5432",
				pair))
		case slices.Contains(addresses[host], addrPort.String()):
			problems = append(problems, fmt.Errorf("%q: this address of host %s is listed twice", pair, host))
		default:
			addresses[host] = append(addresses[host], addrPort.String())
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return addresses, nil
}
