package apigateway

import (
	"fmt"
	"net/http"

	"aurora-dsql-dr/sandbox/awserr"
	"aurora-dsql-dr/sandbox/region"
)

// Quotas of a region ("Amazon API Gateway quotas", API Gateway Developer Guide); routes are those of an API.
var (
	DomainQuota = region.Quota{Code: "L-A93447B8", Name: "Custom Domain Names", Default: 120}
	RouteQuota  = region.Quota{Code: "L-65B5C802", Name: "Routes per HTTP API", Default: 300}
)

// tooMany refuses one more of what there is enough of, by the code that CreateDomainName and CreateRoute have for it
// (API Gateway V2 API Reference).
func tooMany(what string, most int) error {
	return &awserr.Error{
		Code:    "TooManyRequestsException",
		Message: fmt.Sprintf("A limit has been exceeded: there are the %d %s that the quota allows", most, what),
		Status:  http.StatusTooManyRequests,
	}
}
