package console

import (
	"time"

	"aurora-dsql-dr/rehearsal/routing"
)

// nameView is who answers for the application's name, and why.
type nameView struct {
	Domain string `json:"domain"` // "" if traffic is not routed
	// Askers are in the order of Config.Regions.
	Askers  []askerView   `json:"askers"`
	Regions []fitnessView `json:"regions"`
}

// askerView is where the name leads somebody in a region.
type askerView struct {
	Region string   `json:"region"`
	Leads  []string `json:"leads"`
}

// fitnessView is a region that the name may lead to, with the health checks behind its record.
type fitnessView struct {
	Name string `json:"name"`
	Fit  bool   `json:"fit"`
	// Serves is what health checkers find, who have last seen Reports, Agreed what the observers say together.
	Serves    bool           `json:"serves"`
	Reports   []reportView   `json:"reports"`
	Agreed    bool           `json:"agreed"`
	Observers []observerView `json:"observers"`
	// Withdrawn is by whom, why and until when; nil if it is not.
	Withdrawn *withdrawnView `json:"withdrawn,omitempty"`
}

type reportView struct {
	From   string `json:"from"`
	Status string `json:"status"`
}

type observerView struct {
	Region string `json:"region"`
	Fit    bool   `json:"fit"`
}

type withdrawnView struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

func (c *Console) nameView() nameView {
	view := nameView{
		Domain:  c.config.Domain,
		Askers:  []askerView{},
		Regions: []fitnessView{},
	}
	if view.Domain == "" {
		return view
	}
	name := routing.Name{Account: c.config.Account, Domain: view.Domain}
	for _, asker := range c.config.Regions {
		view.Askers = append(view.Askers, askerView{asker, name.Answer(asker)})
	}
	for _, r := range name.Regions() {
		view.Regions = append(view.Regions, c.fitness(r))
	}
	return view
}

func (c *Console) fitness(r routing.Region) fitnessView {
	view := fitnessView{
		Name:      r.Name,
		Fit:       r.Fit(),
		Serves:    r.Leaf.Healthy,
		Agreed:    r.Quorum.Healthy,
		Reports:   []reportView{},
		Observers: []observerView{},
	}
	for _, report := range r.Leaf.Reports {
		view.Reports = append(view.Reports, reportView{report.From, report.Status})
	}
	for _, o := range r.Observers {
		view.Observers = append(view.Observers, observerView{o.Observer, o.Healthy})
	}
	if w, withdrawn := c.chronicle.Withdrawal(r.Name); withdrawn {
		view.Withdrawn = &withdrawnView{w.By, w.Reason, w.Until}
	}
	return view
}
