// Package api is the sandbox's AWS HTTP face: one loopback listener for all regions and services, which any AWS SDK or
// the AWS CLI uses by its endpoint URL. The credential scope of a request's signature says which region and service it
// is for. Every request is verified (Signature Version 4, wall time) and authorised by the caller's own policies.
//
// The listener speaks plain HTTP, since it never leaves the machine. It stands in for AWS's TLS endpoints, so requests
// count as aws:SecureTransport unless Config says otherwise.
//
// To add an operation, write a handler over the AWS SDK's own input and output structs, which say what travels, and enter
// it with on("Name", handler) in its service's table; a new service also needs a line in serviceTable.
package api

import (
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/edge"
	"aurora-dsql-dr/sandbox/iam"
	"aurora-dsql-dr/sandbox/internal/sigv4"
)

// maxBody is the largest request, in bytes: Lambda's synchronous payload.
const maxBody = 6 << 20

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
	p, requestID := protocolOf(r), newRequestID()
	defer edge.Recover(fmt.Sprintf("AWS API: %s %s %s", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target")), func(err error) {
		p.refuse(w, newFailure(err, p), requestID)
	})
	if err := s.serve(w, r, p, requestID); err != nil {
		p.refuse(w, newFailure(err, p), requestID)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, p protocol, requestID string) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return &awserr.Error{Code: "RequestEntityTooLarge", Message: err.Error(), Status: http.StatusRequestEntityTooLarge}
	}
	signed, err := sigv4.Verify(s.config.Account.IAM, r, raw, s.skew)
	if err != nil {
		return err
	}
	region, svc, err := s.locate(r.Context(), signed)
	if err != nil {
		return err
	}
	p = svc.in(p)
	body, err := decompress(r, raw)
	if err != nil {
		return malformedRequest(err)
	}
	o, err := svc.find(p, r, body)
	if err != nil {
		return err
	}
	input := o.input()
	if err := readInput(p, o, r, body, input); err != nil {
		return malformedRequest(err)
	}
	answer, err := o.handle(s.newCall(r, signed, region, requestID), input)
	if err != nil {
		return err
	}
	if _, isREST := p.(restProtocol); isREST && o.route != nil {
		o.route.write(w, answer, svc.lower, requestID)
		return nil
	}
	p.encode(w, o.name, unbind(answer, svc.lower), requestID)
	return nil
}

func readInput(p protocol, o operation, r *http.Request, body []byte, input any) error {
	var tree any
	var err error
	if _, isREST := p.(restProtocol); isREST && o.route != nil {
		tree, err = o.route.read(r, body)
	} else {
		tree, err = p.decode(r, body)
	}
	if err != nil {
		return err
	}
	return bind(tree, input)
}

// skew is how far the clock of a caller in this region is ahead of the services'.
func (s *Server) skew(region string) time.Duration {
	if caller := s.config.Account.Region(region); caller != nil {
		return caller.Skew()
	}
	return 0
}

// locate finds the region and service a request was signed for, and asks whether the caller gets through and whether they are up.
func (s *Server) locate(ctx context.Context, signed sigv4.Verified) (*aws.Region, service, error) {
	region := s.config.Account.Region(signed.Region)
	if region == nil {
		var names []string
		for _, r := range s.config.Account.Regions() {
			names = append(names, r.Name)
		}
		return nil, service{}, awserr.Denied("SignatureDoesNotMatch",
			"Credential should be scoped to a valid Region, not '%s'; the sandbox has %s", signed.Region, strings.Join(names, ", "))
	}
	svc, ok := serviceTable[signed.Service]
	if !ok {
		return nil, service{}, notImplemented("service %q is not modelled by the sandbox; modelled are %s", signed.Service,
			strings.Join(slices.Sorted(maps.Keys(serviceTable)), ", "))
	}
	if err := region.Reach(ctx, signed.Credentials.Region); err != nil {
		return nil, service{}, err
	}
	return region, svc, region.Available(svc.name)
}

func (s *Server) newCall(r *http.Request, signed sigv4.Verified, region *aws.Region, requestID string) *Call {
	caller := signed.Credentials
	c := &Call{Context: r.Context(), host: r.Host, owner: s.config.Account.IAM.Admin(), Region: signed.Region, Account: s.config.Account.IAM.Account(), Caller: caller.Principal, Skew: s.skew(caller.Region), RequestID: requestID, services: region,
		Conditions: iam.Context{"aws:SecureTransport": strconv.FormatBool(!s.config.PlainTransport), "aws:RequestedRegion": signed.Region}}
	c.authorize = func(action, resource string, more iam.Context, policy *iam.Policy) error {
		conditions := maps.Clone(c.Conditions)
		maps.Copy(conditions, more)
		if policy != nil {
			return s.config.Account.IAM.AuthorizeResource(caller.Principal, action, resource, conditions, policy)
		}
		return s.config.Account.IAM.Authorize(caller.Principal, action, resource, conditions)
	}
	return c
}

// decompress undoes the gzip that SDKs apply to large PutMetricData requests. The signature covers the compressed body.
func decompress(r *http.Request, body []byte) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return body, nil
	}
	z, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxBody+1))
	if len(plain) > maxBody {
		return nil, fmt.Errorf("the request is larger than %d bytes", maxBody)
	}
	return plain, err
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	id := hex.EncodeToString(b[:])
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}
