// Package call is one call of an operation: who calls, in which region, and what the caller may do.
package call

import (
	"context"
	"maps"
	"time"

	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/aws"
	"aurora-dsql-dr/sandbox/iam"
)

// Call is one authenticated request. Its times are the sandbox's.
type Call struct {
	context.Context
	// Region is the one that is called, with its services.
	Region *aws.Region
	// Account is the account of all.
	Account *aws.Account
	Caller  iam.Principal
	// Home is the region the caller runs in, "" outside AWS.
	Home string
	// Conditions are the request's condition keys: aws:SecureTransport, aws:RequestedRegion.
	Conditions iam.Context
	// Host is the server's, as the caller knows it.
	Host string
}

// Authorize asks the caller's identity policies; more are condition keys of the operation's own. It is for services
// without resource policies; the others decide for themselves.
func (c *Call) Authorize(action, resource string, more iam.Context) error {
	return c.Account.IAM.Authorize(c.Caller, action, resource, c.with(more))
}

// AuthorizeResource asks the policy document of the resource as well, for services whose operation does not do so
// itself.
func (c *Call) AuthorizeResource(action, resource, document string, more iam.Context) error {
	policy := &iam.Policy{} // says nothing
	if document != "" {
		var err error
		if policy, err = iam.ParseResourcePolicy(document); err != nil {
			return err
		}
	}
	return c.Account.IAM.AuthorizeResource(c.Caller, action, resource, c.with(more), policy)
}

// MayLink is whether the caller may have a service make the role that is linked to it; of a role that is there nobody
// asks.
func (c *Call) MayLink(service string) error {
	if c.Account.IAM.Linked(service) {
		return nil
	}
	return c.Authorize("iam:CreateServiceLinkedRole", c.Account.IAM.LinkedRoleARN(service),
		iam.Context{"iam:AWSServiceName": service})
}

func (c *Call) with(more iam.Context) iam.Context {
	conditions := maps.Clone(c.Conditions)
	maps.Copy(conditions, more)
	return conditions
}

// Written is a time that the caller has read from its own clock.
func (c *Call) Written(t time.Time) time.Time { return c.Account.Written(c.Home, t) }

// Wall is the wall's time, for an answer that holds a time as a number or as text.
func (c *Call) Wall(t time.Time) time.Time { return c.Account.Clock.ToWall(t) }

// Operation is one entry of a service's table.
type Operation struct {
	wire.Shape
	Input  func() any
	Handle func(*Call, any) (any, error)
}

// On makes an operation of its handler. In and Out are the SDK's structs of the operation, which say what the request
// and the answer look like on the wire.
func On[In, Out any](name string, handle func(*Call, *In) (*Out, error)) Operation {
	return Operation{
		Shape:  wire.Shape{Name: name},
		Input:  func() any { return new(In) },
		Handle: func(c *Call, in any) (any, error) { return handle(c, in.(*In)) },
	}
}

// At gives an operation its REST-JSON route, "GET /cluster/{Identifier}", and optionally where members travel other
// than in path and body.
func (o Operation) At(method, path string, bindings ...wire.Binding) Operation {
	o.Route = wire.NewRoute(method, path, bindings...)
	return o
}
