package migrate

import (
	"errors"
	"fmt"
	"regexp"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Environment is what the function's environment variables say.
type Environment struct {
	// Endpoint is the host name to connect to, and Region the region in that name.
	Endpoint, Region string
	// HostAddr is dsqlconn.Dialer.HostAddr.
	HostAddr map[string][]string
	// KeyARN is the KMS key that wraps the field-encryption keyset, empty if there is none.
	KeyARN string
}

// keyARN is a KMS key's ARN; an alias is none, since it may be pointed to another key, which unwraps nothing.
var keyARN = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)

// ParseEnvironment reads the variables through getenv. All problems are in one error, each with its variable.
func ParseEnvironment(getenv func(string) string) (Environment, error) {
	endpoint := getenv(contract.EnvDatabaseEndpoint)
	region, endpointErr := dsqlconn.Region(endpoint)
	if endpointErr != nil {
		endpointErr = fmt.Errorf("%s: %w", contract.EnvDatabaseEndpoint, endpointErr)
	}
	hostAddr, hostAddrErr := dsqlconn.ParseHostAddr(getenv(contract.EnvHostAddr))
	if hostAddrErr != nil {
		hostAddrErr = fmt.Errorf("%s: %w", contract.EnvHostAddr, hostAddrErr)
	}
	key := getenv(contract.EnvKeyARN)
	var keyErr error
	if key != "" && !keyARN.MatchString(key) {
		keyErr = fmt.Errorf("%s is %q: want the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>, or none",
			contract.EnvKeyARN, key)
	}
	if err := errors.Join(endpointErr, hostAddrErr, keyErr); err != nil {
		return Environment{}, err
	}
	return Environment{
		Endpoint: endpoint,
		Region:   region,
		HostAddr: hostAddr,
		KeyARN:   key,
	}, nil
}
