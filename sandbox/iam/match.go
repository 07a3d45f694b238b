package iam

import "strings"

// glob matches a value with a pattern in which * stands for any characters and ? for one.
func glob(pattern, value string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := 0; i <= len(value); i++ {
				if glob(pattern[1:], value[i:]) {
					return true
				}
			}
			return false
		case '?':
			if value == "" {
				return false
			}
		default:
			if value == "" || value[0] != pattern[0] {
				return false
			}
		}
		pattern, value = pattern[1:], value[1:]
	}
	return value == ""
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
