package claims

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
)

var quotaClaims = []Claim{{
	ID:   "servicequotas-codes",
	Says: "quotas have these codes, names and defaults",
	Page: "sandbox-aws.md",
	Row:  "codes and names | [Aurora DSQL endpoints and quotas]",
	ask:  quotasHaveCodes,
}, {
	ID:   "servicequotas-unknown",
	Says: "another quota or service is a NoSuchResourceException",
	Page: "sandbox-aws.md",
	Row:  "another quota or service is a NoSuchResourceException",
	ask:  unknownQuotasAreRefused,
}}

func quotasHaveCodes(c *Case) error {
	client := servicequotas.NewFromConfig(c.primary())
	for _, q := range []struct {
		service, code, name string
		value               float64
	}{
		{"dsql", "L-DCF93F11", "Multi-Region clusters", 5},
		{"events", "L-658A4FD9", "Event buses", 100},
		{"events", "L-244521F2", "Number of rules", 300},
		{"events", "L-664C5505", "Event pattern size", 2048},
		{"lambda", "L-B99A9384", "Concurrent executions", 1000},
	} {
		out, err := client.GetAWSDefaultServiceQuota(c, &servicequotas.GetAWSDefaultServiceQuotaInput{
			ServiceCode: &q.service,
			QuotaCode:   &q.code,
		})
		if c.accepted("GetAWSDefaultServiceQuota of "+q.code, err) {
			c.is("the name of "+q.code, aws.ToString(out.Quota.QuotaName), q.name)
			c.is("the default of "+q.code, aws.ToFloat64(out.Quota.Value), q.value)
		}
	}
	return nil
}

func unknownQuotasAreRefused(c *Case) error {
	client := servicequotas.NewFromConfig(c.primary())
	for _, q := range []struct{ service, code string }{{"dsql", "L-00000000"}, {"verify-aws", "L-DCF93F11"}} {
		_, err := client.GetServiceQuota(c, &servicequotas.GetServiceQuotaInput{
			ServiceCode: &q.service,
			QuotaCode:   &q.code,
		})
		c.refused("GetServiceQuota of "+q.service+" "+q.code, err, "NoSuchResourceException")
	}
	return nil
}
