// Package api is the sandbox's AWS HTTP face: one loopback listener for all regions and services, which any AWS SDK or
// the AWS CLI uses by its endpoint URL. The credential scope of a request's signature says which region and service it
// is for. Every request is verified (Signature Version 4, wall time) and authorised by the caller's own policies.
//
// The listener speaks plain HTTP, since it never leaves the machine. It stands in for AWS's TLS endpoints, so requests
// count as aws:SecureTransport unless Config says otherwise.
//
// A service is a package with a table of Operations. To add an operation, write a handler over the AWS SDK's own input
// and output structs, which say what travels, and enter it with call.On("Name", handler); a new service also needs a
// line in the table of services.
package api

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/sigv4"
)

// Config is what a Server needs.
type Config struct {
	Account *aws.Account
	// PlainTransport makes requests count as not secure (aws:SecureTransport is false).
	PlainTransport bool
}

// Server is the HTTP face. Create it with New and use it as an http.Handler, or with Listen.
type Server struct {
	config Config
}

// New returns the face of these regions.
func New(config Config) *Server { return &Server{config: config} }

// Listen serves on an address of this machine, "127.0.0.1:0" for any free port, until the returned function is called.
// It returns the endpoint URL.
func (s *Server) Listen(address string) (url string, stop func(), err error) {
	host, _, err := net.SplitHostPort(address)
	if err == nil && !net.ParseIP(host).IsLoopback() {
		err = errors.New("the sandbox serves this machine only: use a loopback address such as 127.0.0.1:0")
	}
	if err != nil {
		return "", nil, fmt.Errorf("AWS endpoint on %q: %w", address, err)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("AWS endpoint on %q: %w", address, err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}

// ServeHTTP verifies, authorises and answers one request in its own protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := wire.Open(w, r)
	what := fmt.Sprintf("AWS API: %s %s %s", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"))
	defer edge.Recover(what, q.Refuse)
	if err := s.serve(q); err != nil {
		q.Refuse(err)
	}
}

func (s *Server) serve(q *wire.Request) error {
	if err := q.Receive(); err != nil {
		return err
	}
	signed, err := sigv4.Verify(s.config.Account.IAM, q.Request, q.Raw, s.config.Account.Written)
	if err != nil {
		return err
	}
	region, svc, err := s.locate(q.Context(), signed)
	if err != nil {
		return err
	}
	if err := q.Decompress(); err != nil {
		return err
	}
	o, err := svc.find(q)
	if err != nil {
		return err
	}
	x, input := q.Exchange(o.Shape, region.Clock), o.Input()
	if err := x.Read(input); err != nil {
		return err
	}
	answer, err := o.Handle(s.newCall(q.Request, signed, region), input)
	if err != nil {
		return err
	}
	x.Write(answer)
	return nil
}

// locate finds the region and service a request was signed for, and asks whether the caller gets through and whether
// they are up.
func (s *Server) locate(ctx context.Context, signed sigv4.Verified) (*aws.Region, service, error) {
	home := signed.Region
	if services[signed.Service].global {
		home = s.config.Account.Home()
	}
	region := s.config.Account.Region(home)
	if region == nil {
		var names []string
		for _, r := range s.config.Account.Regions() {
			names = append(names, r.Name)
		}
		return nil, service{}, awserr.Denied("SignatureDoesNotMatch",
			"Credential should be scoped to a valid Region, not '%s'; the sandbox has %s",
			signed.Region, strings.Join(names, ", "))
	}
	svc, ok := services[signed.Service]
	if !ok {
		return nil, service{}, absent(signed.Service)
	}
	if err := s.config.Account.Management.Admits(home); err != nil {
		return nil, service{}, err
	}
	if err := region.Reach(ctx, signed.Credentials.Region); err != nil {
		return nil, service{}, err
	}
	return region, svc, region.Available(svc.name)
}

func (s *Server) newCall(r *http.Request, signed sigv4.Verified, region *aws.Region) *call.Call {
	return &call.Call{
		Context: r.Context(),
		Region:  region,
		Account: s.config.Account,
		Caller:  signed.Credentials.Principal,
		Home:    signed.Credentials.Region,
		Conditions: iam.Context{
			"aws:SecureTransport": strconv.FormatBool(!s.config.PlainTransport),
			"aws:RequestedRegion": signed.Region,
		},
		Host: r.Host,
	}
}
