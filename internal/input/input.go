// Package input words what is wrong with what somebody has typed, in the commands of make.
package input

import "fmt"

// Refusal says what a value is and what is wanted instead.
func Refusal(what, value, wanted string) error {
	return fmt.Errorf("%s is %q: want %s", what, value, wanted)
}
