package cloudtrail

import (
	"errors"
	"reflect"
	"strings"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/iam"
)

// What an event is of: a call of an API, or something that a service does by itself.
const (
	APICall      = "AwsApiCall"
	ServiceEvent = "AwsServiceEvent"
)

// Call is the part of a record that depends on the call, by CloudTrail's JSON names. Every call that changes something
// has one, refused ones included; what a service does by itself has one without parameters.
type Call struct {
	Source            string `json:"-"` // "dsql.amazonaws.com"
	AWSRegion         string `json:"awsRegion"`
	EventName         string `json:"eventName"`
	EventType         string `json:"eventType,omitempty"` // APICall if it is ""
	RequestParameters any    `json:"requestParameters"`
	ErrorCode         string `json:"errorCode,omitempty"`
	ErrorMessage      string `json:"errorMessage,omitempty"`
	// Caller is who called; nobody named is the administrator. InvokedBy is the service that did, in the caller's role.
	Caller    iam.Principal `json:"-"`
	InvokedBy string        `json:"-"`
}

// Ended is the call with what AWS answered: the reason of its refusal, or none.
func (c Call) Ended(err error) Call {
	if refused, ok := errors.AsType[*awserr.Error](err); ok {
		c.ErrorCode, c.ErrorMessage = refused.Code, refused.Message
	}
	return c
}

// Parameters are the requestParameters of an SDK's request: what is given, each member by its name in lower camel case;
// the keys of maps are the caller's own.
func Parameters(request any) any { return parameters(reflect.ValueOf(request)) }

func parameters(v reflect.Value) any {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return parameters(v.Elem())
	case v.Kind() == reflect.Struct:
		members := map[string]any{}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !v.Field(i).IsZero() {
				members[strings.ToLower(f.Name[:1])+f.Name[1:]] = parameters(v.Field(i))
			}
		}
		return members
	case v.Kind() == reflect.Slice:
		all := []any{}
		for i := range v.Len() {
			all = append(all, parameters(v.Index(i)))
		}
		return all
	case v.IsValid():
		return v.Interface()
	default:
		return nil
	}
}
