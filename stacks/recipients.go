package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"aurora-dsql-dr/stacks/config"
)

// byPlace is the name of a subscription as earlier versions gave it: by its place in the list of recipients.
var byPlace = regexp.MustCompile(`-subscription-(\d{1,4})$`)

// CheckRecipients refuses to deploy a list of recipients over the state of an earlier version that has another one: by
// their aliases, subscriptions take over each other's state by their place in the list, and what is then replaced ends
// with the one subscription there is deleted. Exported is what `pulumi stack export` prints, alerts the configuration's
// value, "" for none. It asks nothing of a state whose subscriptions are named by what they are.
func CheckRecipients(exported []byte, alerts string) error {
	var state struct{ Deployment apitype.DeploymentV3 }
	if err := json.Unmarshal(exported, &state); err != nil {
		return fmt.Errorf("the stack's state cannot be read: %w", err)
	}
	wanted, err := config.Recipients(alerts)
	if err != nil {
		return err
	}
	var problems []error
	for _, r := range state.Deployment.Resources {
		match := byPlace.FindStringSubmatch(string(r.URN))
		if r.Type != "aws:sns/topicSubscription:TopicSubscription" || match == nil || r.Delete {
			continue
		}
		place, _ := strconv.Atoi(match[1]) // the pattern's digits
		if place >= len(wanted) || r.Inputs["protocol"] != wanted[place].Protocol ||
			r.Inputs["endpoint"] != wanted[place].Endpoint {
			problems = append(problems, fmt.Errorf("%s is not alerts[%d] of the configuration", r.URN.Name(), place))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf(moved, errors.Join(problems...))
}

const moved = `%w
This stack was deployed by a version that named subscriptions by their place in the list. The first deployment by this
version must have the same list, in the same order, or it deletes the subscriptions of those who moved.
Put "alerts" back as it was, deploy, then change it (docs/runbooks.md#recipients-moved).`
