package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3"
	"golang.org/x/mod/modfile"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/pulumi"
)

var pulumiVersion = check{
	id:    "pulumi",
	local: true,
	asked: "Is the Pulumi CLI there, and not older than the program's SDK?",
	why:   "An older engine does not know what the program asks of it.",
	do:    "Install it from https://www.pulumi.com/docs/iac/download-install/.",
	look: func(ctx context.Context, _ *stack) []answer {
		printed, err := pulumi.Output(ctx, "version")
		if err != nil {
			return []answer{bad("", "%v", err)}
		}
		version := strings.TrimSpace(string(printed))
		return []answer{notOlder(version, sdk.Version)}
	},
}

// notOlder compares a version with the least that will do.
func notOlder(have string, least semver.Version) answer {
	version, err := semver.ParseTolerant(strings.TrimPrefix(have, "go"))
	if err != nil {
		return unasked("", fmt.Errorf("it is %s, which is no version", have))
	}
	if version.LT(least) {
		return bad("", "it is %s: want %s or later", have, least)
	}
	return good("", "it is %s", have)
}

// awsModule is the Go module whose version is the provider plugin's.
const awsModule = "github.com/pulumi/pulumi-aws/sdk/v6"

var awsPlugin = check{
	id:    "aws-plugin",
	local: true,
	asked: "Is the AWS provider plugin there, of the program's version?",
	why: "The program was tried with this one. Pulumi fetches it where it is missing, if it can reach its server " +
		"and is allowed to.",
	do: "pulumi plugin install resource aws <version>.",
	look: func(ctx context.Context, _ *stack) []answer {
		wanted, err := required(awsModule)
		if err != nil {
			return []answer{unasked("", err)}
		}
		printed, err := pulumi.Output(ctx, "plugin", "ls", "--json")
		if err != nil {
			return []answer{unasked("", err)}
		}
		var plugins []struct{ Name, Kind, Version string }
		if err := json.Unmarshal(printed, &plugins); err != nil {
			return []answer{unasked("", fmt.Errorf("pulumi plugin ls: %w", err))}
		}
		there := slices.ContainsFunc(plugins, func(p struct{ Name, Kind, Version string }) bool {
			return p.Name == "aws" && p.Kind == "resource" && p.Version == wanted
		})
		return []answer{plugin(wanted, there)}
	},
}

// plugin says where the provider comes from: it is installed, attached, or fetched when it is needed.
func plugin(wanted string, installed bool) answer {
	attached := strings.Contains(","+os.Getenv("PULUMI_DEBUG_PROVIDERS"), ",aws:")
	switch barred := os.Getenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION") == "true"; {
	case attached:
		return good("", "one is attached by PULUMI_DEBUG_PROVIDERS")
	case installed:
		return good("", "%s is installed", wanted)
	case barred:
		return bad("", "%s is not installed, and PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION keeps Pulumi from fetching "+
			"it", wanted)
	default:
		return good("", "%s is fetched by the first preview", wanted)
	}
}

// module reads the program's go.mod.
func module() (*modfile.File, error) {
	body, err := os.ReadFile("go.mod")
	if err != nil {
		return nil, err
	}
	return modfile.Parse("go.mod", body, nil)
}

// required is the version of a module that the program takes, without "v".
func required(path string) (string, error) {
	file, err := module()
	if err != nil {
		return "", err
	}
	for _, r := range file.Require {
		if r.Mod.Path == path {
			return strings.TrimPrefix(r.Mod.Version, "v"), nil
		}
	}
	return "", errors.New("go.mod does not require " + path)
}

var goVersion = check{
	id:    "go",
	local: true,
	asked: "Is Go not older than the program wants?",
	why:   "Pulumi builds the program with the Go on PATH before each preview and deployment.",
	do:    "Install it from https://go.dev/dl/.",
	look: func(context.Context, *stack) []answer {
		file, err := module()
		if err != nil {
			return []answer{unasked("", err)}
		}
		least, err := semver.ParseTolerant(file.Go.Version)
		if err != nil {
			return []answer{unasked("", fmt.Errorf("go.mod: %w", err))}
		}
		return []answer{notOlder(runtime.Version(), least)}
	},
}

var functionsBuilt = check{
	id:    "functions",
	local: true,
	asked: "Are the functions built, and of a revision that somebody else can have?",
	why:   "What is deployed from a changed working tree cannot be told, or built, again.",
	do:    "make lambda, and commit what is changed.",
	look: func(ctx context.Context, s *stack) []answer {
		if err := components.CheckFunctionsBuilt(s.config.Architecture, s.config.Functions()); err != nil {
			return []answer{bad("", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))}
		}
		revision, changed, err := revision(ctx)
		switch {
		case err != nil:
			return []answer{unasked("", err)}
		case changed > 0:
			return []answer{bad("", "they are built, of %s with %d changed files", revision, changed)}
		default:
			return []answer{good("", "yes, of %s", revision)}
		}
	},
}

// revision is the commit of the working tree, and how many of its files differ from it.
func revision(ctx context.Context) (commit string, changed int, err error) {
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "", 0, fmt.Errorf("git rev-parse: %w", err)
	}
	status, err := exec.CommandContext(ctx, "git", "status", "--porcelain").Output()
	if err != nil {
		return "", 0, fmt.Errorf("git status: %w", err)
	}
	return strings.TrimSpace(string(head)), strings.Count(string(status), "\n"), nil
}
