// Command program ends as its configuration says, and tells in what environment it runs.
package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	switch config := os.Getenv("PULUMI_CONFIG"); {
	case strings.Contains(config, "panics"):
		panic("as it was told")
	case strings.Contains(config, "has logged its error"):
		os.Exit(32)
	case strings.Contains(config, "fails"):
		for _, variable := range os.Environ() {
			if strings.HasPrefix(variable, "PULUMI_") {
				fmt.Fprintln(os.Stderr, variable)
			}
		}
		os.Exit(1)
	}
}
