package claims

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

var stsClaims = []Claim{{
	ID:   "sts-identity",
	Says: "GetCallerIdentity says the same account and the same caller in every region",
	Page: "sandbox-aws.md",
	Row:  "GetCallerIdentity needs no permission",
	ask:  sameIdentityEverywhere,
}}

func sameIdentityEverywhere(c *Case) error {
	var caller string
	for _, region := range c.run.Regions {
		who, err := sts.NewFromConfig(c.run.config(region)).GetCallerIdentity(c, nil)
		if err != nil {
			return err
		}
		if caller == "" {
			caller = aws.ToString(who.Arn)
		}
		c.is("the account in "+region, aws.ToString(who.Account), c.run.Account)
		c.is("the caller in "+region, aws.ToString(who.Arn), caller)
	}
	return nil
}
