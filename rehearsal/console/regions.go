package console

import (
	"fmt"
	"time"
)

// roles are those of Config.Regions.
var roles = [3]string{"primary", "secondary", "witness"}

// mapView is the map: the regions, and what each observer says of each endpoint.
type mapView struct {
	Regions []regionView `json:"regions"`
	Words   []wordView   `json:"words"`
}

type regionView struct {
	Name    string `json:"name"`
	Display string `json:"display"` // "US East (N. Virginia)"
	Role    string `json:"role"`
	Down    bool   `json:"down"`
	// Observer tells that there is one.
	Observer bool          `json:"observer"`
	Endpoint *endpointView `json:"endpoint,omitempty"` // of a data region
}

// endpointView is what the observers together say of an endpoint.
type endpointView struct {
	Host string `json:"host"`
	// Status and Encryption are the cluster's, as its control plane knows them.
	Status     string `json:"status"`
	Encryption string `json:"encryption"`
	// State is up, degraded, suspected, lost, recovering or unknown.
	State string `json:"state"`
	// Says puts the state into words.
	Says string `json:"says"`
}

func (c *Console) mapView(now time.Time) mapView {
	view := mapView{Words: []wordView{}}
	words := map[string][]wordView{} // by endpoint
	for _, endpoint := range c.config.Regions[:2] {
		for _, observer := range c.config.Regions {
			if c.config.Monitors[observer] != "" {
				w := c.observers.say(pair{observer, endpoint}, now)
				words[endpoint] = append(words[endpoint], w)
				view.Words = append(view.Words, w)
			}
		}
	}
	for i, name := range c.config.Regions {
		r := c.config.Account.Region(name)
		view.Regions = append(view.Regions, regionView{
			Name: name, Display: r.DisplayName(), Role: roles[i], Down: r.Down(), Observer: c.config.Monitors[name] != "",
			Endpoint: c.endpoint(name, words[name]),
		})
	}
	return view
}

// endpoint is the endpoint of a region's cluster; nil if there is none.
func (c *Console) endpoint(region string, words []wordView) *endpointView {
	for _, cluster := range c.config.Account.DSQL.Clusters() {
		if cluster.Region == region {
			state, says := agree(words)
			return &endpointView{
				Host: cluster.Endpoint, Status: string(cluster.Status), Encryption: cluster.EncryptionDetails.EncryptionStatus,
				State: state, Says: says,
			}
		}
	}
	return nil
}

// agree is what observers who do speak say together: an endpoint is lost when two hold it for lost, or the only one left.
func agree(words []wordView) (state, says string) {
	count := map[string]int{}
	for _, w := range words {
		count[w.Says]++
	}
	speaking := len(words) - count[saysNothing]
	holding := count[saysLost] + count[saysRecovering]
	of := fmt.Sprintf("of %d observers", len(words))
	if silent := count[saysNothing]; silent > 0 {
		of += fmt.Sprintf(", %d silent", silent)
	}
	switch {
	case speaking == 0:
		return saysUnknown, "no observer speaks"
	case holding >= min(2, speaking) && count[saysLost] == 0:
		return saysRecovering, fmt.Sprintf("serves again for %d %s", count[saysRecovering]+count[saysUp], of)
	case holding >= min(2, speaking):
		return saysLost, fmt.Sprintf("lost for %d %s", holding, of)
	case holding+count[saysFailing] > 0:
		return "suspected", fmt.Sprintf("fails for %d %s", holding+count[saysFailing], of)
	case count[saysDegraded] > 0:
		return saysDegraded, fmt.Sprintf("degraded for %d %s", count[saysDegraded], of)
	case count[saysUp] > 0:
		return saysUp, fmt.Sprintf("up for %d %s", count[saysUp], of)
	default:
		return saysUnknown, "no probe came to a conclusion"
	}
}
