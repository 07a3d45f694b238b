package main

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"aurora-dsql-dr/internal/reason"
)

var credentials = check{
	id:    "credentials",
	local: true,
	asked: "Who asks?",
	why:   "Without credentials nothing of the account can be asked, and nothing deployed.",
	do: "Take the credentials of the deployer's or the auditor's role: aws sts get-caller-identity shows whose " +
		"they are.",
	look: func(_ context.Context, s *stack) []answer {
		if s.stranger != nil {
			return []answer{bad("", "nobody: %s", reason.Of(s.stranger))}
		}
		return []answer{good("", "%s, of account %s", s.caller, s.account)}
	},
}

// mostSkew is how far a clock may be off. AWS refuses signatures that are five minutes off (IAM User Guide, "Signature
// Version 4"), and a token for the database may live for less.
const mostSkew = time.Minute

var callersClock = check{
	id:    "clock",
	asked: "Is the caller's clock right?",
	why:   "AWS refuses requests and database tokens that are signed by a clock some minutes off.",
	do:    "Set the clock of this machine by NTP.",
	look: func(_ context.Context, s *stack) []answer {
		if s.skew > mostSkew {
			return []answer{bad("", "it is %v off AWS's", s.skew.Round(time.Second))}
		}
		return []answer{good("", "it is less than %v off AWS's", mostSkew)}
	},
}

// skewOf is how far the clock was off when an answer came, without direction.
func skewOf(out *sts.GetCallerIdentityOutput) time.Duration {
	server, _ := middleware.GetServerTime(out.ResultMetadata)
	came, ok := middleware.GetResponseAt(out.ResultMetadata)
	if server.IsZero() || !ok {
		return 0
	}
	return came.Sub(server).Abs()
}

var configuration = check{
	id:    "configuration",
	local: true,
	asked: "Does the program take the configuration of the stack, its name included?",
	why:   "A deployment begins with the same question, and refuses.",
	do:    "Change what the answer names; Pulumi.yaml describes every key.",
	look: func(_ context.Context, s *stack) []answer {
		if s.refusal != nil {
			return []answer{bad("", "%s", strings.ReplaceAll(s.refusal.Error(), "\n", "; "))}
		}
		answers := []answer{good("", "yes, as %d resources", len(s.planned.Resources))}
		for _, warning := range s.config.Warnings() {
			if !s.secret || !strings.HasPrefix(warning, "alerts ") {
				answers = append(answers, bad("", "%s", warning))
			}
		}
		return answers
	},
}

var enabledRegions = check{
	id:    "regions",
	asked: "Are the stack's three regions enabled in the account?",
	why:   "A region to opt in to refuses every request until it is enabled.",
	do:    "Enable the region (Account Management, or aws account enable-region), which takes some minutes.",
	look: func(ctx context.Context, s *stack) []answer {
		status := map[string]types.RegionOptStatus{}
		client := account.NewFromConfig(s.in(s.config.Regions.Primary))
		pages := account.NewListRegionsPaginator(client, &account.ListRegionsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return []answer{unasked("", err)}
			}
			for _, region := range page.Regions {
				status[aws.ToString(region.RegionName)] = region.RegionOptStatus
			}
		}
		var answers []answer
		for _, region := range s.regions() {
			answers = append(answers, enabled(region, status[region]))
		}
		return answers
	},
}

func enabled(region string, status types.RegionOptStatus) answer {
	switch status {
	case types.RegionOptStatusEnabled, types.RegionOptStatusEnabledByDefault:
		return good(region, "yes")
	case "":
		return bad(region, "the account has no such region")
	default:
		return bad(region, "no, it is %s", status)
	}
}
