package iam

import "strings"

// glob matches a value with a pattern in which * stands for any characters and ? for one. A * that has taken too little
// takes one more; only the last one is tried again, so that no pattern takes longer than its length times the value's.
func glob(pattern, value string) bool {
	p, v := 0, 0
	star, taken := -1, 0 // where the last * is, and up to where it reaches in the value
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, taken = p, v
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == value[v]):
			p, v = p+1, v+1
		case star >= 0:
			taken++
			p, v = star+1, taken
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// arnLike matches each of the six parts of an ARN on its own, so that a * does not reach over a colon into the next.
func arnLike(pattern, value string) bool {
	patterns, values := strings.SplitN(pattern, ":", 6), strings.SplitN(value, ":", 6)
	if len(patterns) != 6 || len(values) != 6 {
		return false
	}
	for i := range patterns {
		if !glob(patterns[i], values[i]) {
			return false
		}
	}
	return true
}

// matchAction compares actions without regard to case, as IAM does.
func matchAction(pattern, action string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(action))
}
