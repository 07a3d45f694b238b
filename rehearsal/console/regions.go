package console

import (
	"fmt"
	"time"

	"aurora-dsql-dr/rehearsal/chronicle"
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
	// Status and Encryption are the cluster's, as its control plane tells them; "" while it cannot be asked, and Unknown
	// says why not.
	Status     string `json:"status,omitempty"`
	Encryption string `json:"encryption,omitempty"`
	Unknown    string `json:"unknown,omitempty"`
	// State is up, degraded, suspected, lost, recovering or unknown.
	State says `json:"state"`
	// Says puts the state into words.
	Says string `json:"says"`
}

func (c *Console) mapView(now time.Time) mapView {
	view := mapView{Words: []wordView{}}
	words := map[string][]wordView{} // by endpoint
	for _, endpoint := range c.config.Regions[:2] {
		for _, observer := range c.config.Regions {
			if c.config.Monitors[observer] != "" {
				w := c.say(observer, endpoint, now)
				words[endpoint] = append(words[endpoint], w)
				view.Words = append(view.Words, w)
			}
		}
	}
	for i, name := range c.config.Regions {
		r := c.config.Account.Region(name)
		view.Regions = append(view.Regions, regionView{
			Name:     name,
			Display:  r.DisplayName(),
			Role:     roles[i],
			Down:     r.Down(),
			Observer: c.config.Monitors[name] != "",
			Endpoint: c.endpoint(name, words[name]),
		})
	}
	return view
}

// endpoint is the endpoint of a region's cluster of the stack; nil if there is none. A restore test's is none of it.
func (c *Console) endpoint(region string, words []wordView) *endpointView {
	cluster, found := c.config.Account.DSQL.Cluster(c.config.Clusters[region])
	if !found {
		return nil
	}
	state, inWords := agree(words)
	view := &endpointView{
		Host:    cluster.Endpoint,
		Unknown: reasonOf(c.config.Account.Region(region).Available("dsql")),
		State:   state,
		Says:    inWords,
	}
	if view.Unknown == "" {
		view.Status = string(cluster.Status)
		view.Encryption = cluster.EncryptionDetails.EncryptionStatus
	}
	return view
}

// agree is what observers who do speak say together: an endpoint is lost when two hold it for lost, or the only one
// left.
func agree(words []wordView) (state says, inWords string) {
	count := map[says]int{}
	for _, w := range words {
		count[w.Says]++
	}
	speaking := len(words) - count[saysNothing]
	recovering := count[chronicle.SaysRecovering]
	holding := count[chronicle.SaysLost] + recovering
	of := fmt.Sprintf("of %d observers", len(words))
	if silent := count[saysNothing]; silent > 0 {
		of += fmt.Sprintf(", %d silent", silent)
	}
	switch {
	case speaking == 0:
		return chronicle.SaysUnknown, "no observer speaks"
	case holding >= min(2, speaking) && count[chronicle.SaysLost] == 0:
		return chronicle.SaysRecovering, fmt.Sprintf("serves again for %d %s", recovering+count[chronicle.SaysUp], of)
	case holding >= min(2, speaking):
		return chronicle.SaysLost, fmt.Sprintf("lost for %d %s", holding, of)
	case holding+count[chronicle.SaysFailing] > 0:
		return saysSuspected, fmt.Sprintf("fails for %d %s", holding+count[chronicle.SaysFailing], of)
	case count[chronicle.SaysDegraded] > 0:
		return chronicle.SaysDegraded, fmt.Sprintf("degraded for %d %s", count[chronicle.SaysDegraded], of)
	case count[chronicle.SaysUp] > 0:
		return chronicle.SaysUp, fmt.Sprintf("up for %d %s", count[chronicle.SaysUp], of)
	default:
		return chronicle.SaysUnknown, "no probe came to a conclusion"
	}
}
