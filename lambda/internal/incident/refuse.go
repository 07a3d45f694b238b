package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/internal/dsqlconn"
)

// maxText bounds what people write into a withdrawal, in characters.
const maxText = 200

// view is what a withdrawal is decided by.
type view struct {
	Snapshot
	settings Settings
	// now is the database's clock, closed when the latest incident of an endpoint was closed, if it is.
	now    time.Time
	closed map[string]time.Time
}

// withdraw is everything that speaks against the withdrawal.
func (v view) withdraw(asked contract.Withdraw) []error {
	var problems []error
	endpoint, problem := v.watched(asked.Region)
	problems = append(problems, problem, checkText("reason", asked.Reason), checkText("by", asked.By),
		v.checkEnd(asked.Until))
	if problem == nil {
		problems = append(problems, v.checkOthers(endpoint))
	}
	return slices.DeleteFunc(problems, func(err error) bool { return err == nil })
}

// giveBack is everything that speaks against the return.
func (v view) giveBack(asked contract.Return) []error {
	endpoint, problem := v.watched(asked.Region)
	problems := []error{problem, checkText("by", asked.By)}
	if problem == nil {
		problems = append(problems, v.checkInForce(endpoint))
	}
	return slices.DeleteFunc(problems, func(err error) bool { return err == nil })
}

func (v view) watched(region string) (endpoint string, problem error) {
	if endpoint = endpointIn(v.settings.Endpoints, region); endpoint != "" {
		return endpoint, nil
	}
	var regions []string
	for _, e := range v.settings.Endpoints {
		regions = append(regions, regionOf(e))
	}
	return "", fmt.Errorf("region is %q: want %s", region, strings.Join(regions, " or "))
}

func checkText(what, text string) error {
	const accepted = "want 1 to 200 characters on one line"
	switch n := utf8.RuneCountInString(text); {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("%s is empty: %s", what, accepted)
	case n > maxText:
		return fmt.Errorf("%s is %d characters long: %s", what, n, accepted)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%s is %q: %s", what, text, accepted)
	}
	return nil
}

func (v view) checkEnd(until time.Time) error {
	latest := v.now.Add(contract.MaxWithdrawal)
	accepted := fmt.Sprintf("want an end after now, %s, and not after %s", stamp(v.now), stamp(latest))
	switch {
	case until.IsZero():
		return fmt.Errorf("until is missing: %s", accepted)
	case !until.After(v.now), until.After(latest):
		return fmt.Errorf("until is %s: %s", stamp(until), accepted)
	}
	return nil
}

// checkOthers refuses the last fit endpoint, and says what the others lack.
func (v view) checkOthers(endpoint string) error {
	var lacks []string
	for _, other := range v.settings.Endpoints {
		if other == endpoint {
			continue
		}
		lack := v.lack(other)
		if lack == "" {
			return nil
		}
		lacks = append(lacks, regionOf(other)+" "+lack)
	}
	return fmt.Errorf("region %s is the last fit one: %s; want another one that has been fit for %v",
		regionOf(endpoint), strings.Join(lacks, ", "), v.settings.Hold)
}

// lack is why clients could not be sent to the endpoint, empty if they could.
func (v view) lack(endpoint string) string {
	if i, open := v.OpenAt(endpoint); open {
		return fmt.Sprintf("is lost, incident %d is open since %s", i.Number, stamp(i.OpenedAt))
	}
	if w, counts := v.WithdrawnAt(endpoint, v.settings.Endpoints, v.settings.Hold); counts {
		if w.InForce() {
			return fmt.Sprintf("is withdrawn until %s by %s", stamp(w.Until), w.By)
		}
		return fmt.Sprintf("was withdrawn until %s, which counts until %s", stamp(w.Until),
			stamp(w.Until.Add(v.settings.Hold)))
	}
	for _, observer := range v.settings.Observers {
		if word, fresh := v.Word(observer, v.settings.Fresh); fresh && word.States[endpoint].Open {
			return fmt.Sprintf("is lost for the observer in %s since %s", observer,
				stamp(word.States[endpoint].FailingSince))
		}
	}
	if closed := v.closed[endpoint]; closed.Add(v.settings.Hold).After(v.now) {
		return fmt.Sprintf("was lost until %s, which counts until %s", stamp(closed), stamp(closed.Add(v.settings.Hold)))
	}
	return ""
}

func (v view) checkInForce(endpoint string) error {
	for _, w := range v.Withdrawals {
		switch {
		case w.Endpoint != endpoint:
		case w.InForce():
			return nil
		case w.How == howReturned:
			return fmt.Errorf("region %s is not withdrawn: %s returned it at %s", regionOf(endpoint), w.EndedBy,
				stamp(w.Until))
		case w.How == howLapsed:
			return fmt.Errorf("region %s is not withdrawn: that lapsed at %s, when another region was lost",
				regionOf(endpoint), stamp(w.Until))
		default:
			return fmt.Errorf("region %s is not withdrawn: that ended at %s", regionOf(endpoint), stamp(w.Until))
		}
	}
	return fmt.Errorf("region %s is not withdrawn", regionOf(endpoint))
}

// endpointIn is the one of the endpoints that is in the region, empty if there is none.
func endpointIn(endpoints []string, region string) string {
	for _, e := range endpoints {
		if regionOf(e) == region {
			return e
		}
	}
	return ""
}

// regionOf is in the endpoint's name, which was checked where it was configured.
func regionOf(endpoint string) string {
	region, _ := dsqlconn.Region(endpoint)
	return region
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
