package components

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Architectures that Lambda runs and `make lambda` builds.
const (
	ArchitectureARM = "arm64"
	ArchitectureX86 = "x86_64"
)

// functionDirectory is where `make lambda` leaves the binaries: <architecture>/<function>/bootstrap.
const functionDirectory = "build/lambda"

// The function binaries, by what needs them, and all of them.
var (
	MonitorFunctions     = []string{"healthcheck", "migrate"}
	ApplicationFunctions = []string{"transactions", "publisher", "processor"}
	TrafficFunctions     = []string{"livez"}
	BackupFunctions      = []string{"restoretest", "restoreverify", "restoregrant"}
	Functions            = slices.Concat(MonitorFunctions, ApplicationFunctions, TrafficFunctions, BackupFunctions)
)

// CheckFunctionsBuilt reports every one of the functions that `make lambda` has not made yet for the architecture.
func CheckFunctionsBuilt(architecture string, functions []string) error {
	var problems []error
	for _, function := range functions {
		if _, err := os.Stat(bootstrapPath(architecture, function)); err != nil {
			problems = append(problems, fmt.Errorf("function %q is not built for %s (%w): run `make lambda`", function,
				architecture, err))
		}
	}
	return errors.Join(problems...)
}

// FunctionFiles are the binaries that deploying for an architecture needs.
func FunctionFiles(architecture string) []string {
	var files []string
	for _, function := range Functions {
		files = append(files, bootstrapPath(architecture, function))
	}
	return files
}

func bootstrapPath(architecture, function string) string {
	return path.Join(functionDirectory, architecture, function, "bootstrap")
}

// Packages are the zipped binaries of functions, each made once a stack: several functions in several regions share
// one, and a file must not be written again while the engine reads it.
type Packages struct {
	// Architecture of the binaries.
	Architecture string

	zips map[string]*zipFileResult
}

// PackageFunctions zips the binaries that `make lambda` left for an architecture, ArchitectureARM or ArchitectureX86.
func PackageFunctions(ctx *pulumi.Context, architecture string, functions []string) (*Packages, error) {
	p := &Packages{Architecture: architecture, zips: map[string]*zipFileResult{}}
	for _, function := range functions {
		zip, err := zipFile(ctx, bootstrapPath(architecture, function),
			path.Join(functionDirectory, architecture, function+".zip"))
		if err != nil {
			return nil, err
		}
		p.zips[function] = zip
	}
	return p, nil
}

// has reports whether a function is packaged.
func (p *Packages) has(function string) bool { return p != nil && p.zips[function] != nil }
