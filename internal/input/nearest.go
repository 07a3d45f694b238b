package input

import (
	"slices"
	"strings"
)

// Unknown refuses a name that is none of those that there are: it says which of them is most like it, and lists all.
func Unknown(what, value, wanted string, names []string) error {
	if nearest := Nearest(value, names); nearest != "" {
		wanted += ", perhaps " + nearest
	}
	return Refusal(what, value, wanted+". There are:\n"+columns(names))
}

// alike is how much of two names is to be the same for one to be meant by the other.
const alike = 0.4

// Nearest is the name that is most like a value; "" if none is like it.
func Nearest(value string, names []string) (nearest string) {
	most := alike
	for _, name := range names {
		if likeness := likeness(value, name); likeness > most {
			nearest, most = name, likeness
		}
	}
	return nearest
}

// likeness is the share of two names' pairs of letters that both have (Dice's coefficient), from 0 to 1.
func likeness(a, b string) float64 {
	of, other := pairs(a), pairs(b)
	all, both := len(of)+len(other), 0
	for _, pair := range of {
		if i := slices.Index(other, pair); i >= 0 {
			other, both = slices.Delete(other, i, i+1), both+1
		}
	}
	if all == 0 {
		return 0
	}
	return 2 * float64(both) / float64(all)
}

// pairs are the pairs of letters of a name, whose beginning counts as one.
func pairs(name string) (all []string) {
	name = "^" + strings.ToLower(name)
	for i := range len(name) - 1 {
		all = append(all, name[i:i+2])
	}
	return all
}

// width is how long the lines of a list are.
const width = 100

// columns lists names in columns, each of which is read downwards.
func columns(names []string) string {
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	across := max(1, width/(longest+2))
	down := (len(names) + across - 1) / across
	var out strings.Builder
	for row := range down {
		var line strings.Builder
		for i := row; i < len(names); i += down {
			line.WriteString("  " + names[i] + strings.Repeat(" ", longest-len(names[i])))
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return strings.TrimSuffix(out.String(), "\n")
}
