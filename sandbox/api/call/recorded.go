package call

import (
	"errors"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/cloudtrail"
)

// Recorded has CloudTrail hear of all calls of an operation of this event source, those that are refused included.
func (o Operation) Recorded(source string) Operation {
	handle, name := o.Handle, o.Name
	o.Handle = func(c *Call, in any) (any, error) {
		asked := cloudtrail.Call{
			Source:            source,
			AWSRegion:         c.Region.Name,
			EventName:         name,
			RequestParameters: cloudtrail.Parameters(in),
			Caller:            c.Caller,
		}
		out, err := handle(c, in)
		if answered(err) {
			c.Account.Record(asked.Ended(err))
		}
		return out, err
	}
	return o
}

// answered is whether AWS has done a call or refused it: not what only the sandbox does not do.
func answered(err error) bool {
	refused, ok := errors.AsType[*awserr.Error](err)
	return err == nil || ok && refused.Status != http.StatusNotImplemented
}
