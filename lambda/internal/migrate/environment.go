package migrate

import (
	"errors"
	"fmt"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// Environment is what the function's environment variables say.
type Environment struct {
	// Endpoint is the host name to connect to, and Region the region in that name.
	Endpoint, Region string
	// HostAddr is dsqlconn.Dialer.HostAddr.
	HostAddr map[string]string
}

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
	if err := errors.Join(endpointErr, hostAddrErr); err != nil {
		return Environment{}, err
	}
	return Environment{Endpoint: endpoint, Region: region, HostAddr: hostAddr}, nil
}
