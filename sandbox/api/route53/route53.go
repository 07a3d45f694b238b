// Package route53 is Route 53 on the AWS face.
package route53

import (
	_ "embed" // operations.txt
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aurora-dsql-dr/sandbox/api/call"
	"aurora-dsql-dr/sandbox/api/wire"
	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/region"
)

// root begins the paths.
const root = "/2013-04-01"

//go:embed operations.txt
var operations string

// All are the operations that the service has on AWS.
var All = wire.ReadOperations(operations)

// Operations are those that are modelled.
var Operations = []call.Operation{
	call.On("CreateHostedZone", createZone).At(http.MethodPost, root+"/hostedzone", wire.Created(), located),
	call.On("GetHostedZone", getZone).At(http.MethodGet, root+"/hostedzone/{Id}"),
	call.On("ListHostedZones", listZones).At(http.MethodGet, root+"/hostedzone", wire.InQuery(map[string]string{
		"marker":          "Marker",
		"maxitems":        "MaxItems",
		"delegationsetid": "DelegationSetId",
		"hostedzonetype":  "HostedZoneType",
	})),
	call.On("DeleteHostedZone", deleteZone).At(http.MethodDelete, root+"/hostedzone/{Id}"),
	call.On("ChangeResourceRecordSets", change).At(http.MethodPost, root+"/hostedzone/{HostedZoneId}/rrset"),
	call.On("ListResourceRecordSets", listRecords).At(http.MethodGet, root+"/hostedzone/{HostedZoneId}/rrset",
		wire.InQuery(map[string]string{
			"name":       "StartRecordName",
			"type":       "StartRecordType",
			"identifier": "StartRecordIdentifier",
			"maxitems":   "MaxItems",
		})),
	call.On("GetChange", getChange).At(http.MethodGet, root+"/change/{Id}"),
	call.On("ListTagsForResource", listTags).At(http.MethodGet, root+"/tags/{ResourceType}/{ResourceId}"),
	call.On("ChangeTagsForResource", changeTags).At(http.MethodPost, root+"/tags/{ResourceType}/{ResourceId}"),
	call.On("CreateHealthCheck", createCheck).At(http.MethodPost, root+"/healthcheck", wire.Created(), located),
	call.On("GetHealthCheck", getCheck).At(http.MethodGet, root+"/healthcheck/{HealthCheckId}"),
	call.On("UpdateHealthCheck", updateCheck).At(http.MethodPost, root+"/healthcheck/{HealthCheckId}"),
	call.On("DeleteHealthCheck", deleteCheck).At(http.MethodDelete, root+"/healthcheck/{HealthCheckId}"),
	call.On("ListHealthChecks", listChecks).At(http.MethodGet, root+"/healthcheck", wire.InQuery(map[string]string{
		"marker":   "Marker",
		"maxitems": "MaxItems",
	})),
	call.On("GetHealthCheckStatus", getStatus).At(http.MethodGet, root+"/healthcheck/{HealthCheckId}/status"),
}

// located has the address of what was created in a header.
var located = wire.InHeader(nil, map[string]string{"Location": "Location"})

// location is that address.
func location(c *call.Call, path string) *string { return aws.String("http://" + c.Host + root + path) }

// arn names a resource of Route 53, which has neither region nor account.
func arn(kind, id string) string { return "arn:" + region.Partition + ":route53:::" + kind + "/" + id }

// notModelled refuses members that the sandbox does not know, by their names.
func notModelled(members map[string]bool) error {
	for member, given := range members {
		if given {
			return wire.NotImplemented("route53: %s is not modelled by the sandbox", member)
		}
	}
	return nil
}

// perPage is the most of a page ("Quotas", Route 53 Developer Guide).
const (
	perPage        = 100
	recordsPerPage = 300
)

// size is how many items are asked for; more than a page are a page (API Reference, ListResourceRecordSets).
func size(asked *int32, most int) (int, error) {
	if asked == nil {
		return most, nil
	}
	if *asked < 1 {
		return 0, awserr.Invalid("InvalidInput", "max items %d: want at least 1", *asked)
	}
	return min(int(*asked), most), nil
}

// page is the part of a list that begins with the item of a marker, and the marker of the part after; "" at the end.
func page[T any](items []T, marker *string, size int, id func(T) string) (part []T, next string, err error) {
	from := 0
	if marker != nil {
		for from = 0; from < len(items) && id(items[from]) != *marker; from++ {
		}
		if from == len(items) {
			return nil, "", awserr.Invalid("InvalidInput", "The marker %s is not valid.", *marker)
		}
	}
	to := min(from+size, len(items))
	if to < len(items) {
		next = id(items[to])
	}
	return items[from:to], next, nil
}
