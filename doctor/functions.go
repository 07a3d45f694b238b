package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/pulumi"
)

var functionVersions = check{
	id:    "deployed-functions",
	asked: "Are the deployed functions those of this revision?",
	why:   "The same sources give the same bytes: other bytes are another version's, or somebody's.",
	do: "Check out what is deployed, make lambda, and ask again; or make up. If they still differ, find out who " +
		"changed them (CloudTrail: UpdateFunctionCode).",
	look: func(ctx context.Context, s *stack) []answer {
		binaries := &binaries{architecture: s.config.Architecture, sums: map[string][sha256.Size]byte{}}
		return inRegions(s.regions(), func(region string) ([]answer, error) {
			functions := s.made(typeFunction, region)
			var faults []string
			for _, f := range functions {
				fault, err := binaries.differ(ctx, lambda.NewFromConfig(s.in(region)), f)
				if err != nil {
					return nil, err
				}
				if fault != "" {
					faults = append(faults, f.Output("name")+" "+fault)
				}
			}
			return one(sound(region, faults, "all %d functions are", len(functions)), nil)
		})
	},
}

// binaries compares functions with those that are built here. One package is fetched once, however many functions have
// it.
type binaries struct {
	architecture string

	mu   sync.Mutex
	sums map[string][sha256.Size]byte // of binaries, by Lambda's hash of their package
}

// differ is how a function's binary differs from what is built; "" if it does not.
func (b *binaries) differ(ctx context.Context, client *lambda.Client, f pulumi.Resource) (string, error) {
	out, err := client.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(f.Output("name"))})
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		return "is gone", nil
	}
	if err != nil {
		return "", err
	}
	deployed, err := b.sum(ctx, aws.ToString(out.Configuration.CodeSha256), aws.ToString(out.Code.Location))
	if err != nil {
		return "", err
	}
	built, err := os.ReadFile(b.path(f))
	if err != nil {
		return "", err
	}
	if sha256.Sum256(built) != deployed {
		return "is another", nil
	}
	return "", nil
}

// path is where a function's binary is, by what it reads of the state: a zip file of the same name was deployed.
func (b *binaries) path(f pulumi.Resource) string {
	code, _ := f.Inputs["code"].(map[string]any)
	file, _ := code["path"].(string)
	name := strings.TrimSuffix(filepath.Base(file), ".zip")
	i := slices.Index(components.Functions, name)
	if i < 0 {
		return file
	}
	return components.FunctionFiles(b.architecture)[i]
}

// sum is the hash of the binary in a package.
func (b *binaries) sum(ctx context.Context, hash, location string) ([sha256.Size]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.sums[hash]; ok {
		return known, nil
	}
	content, err := fetch(ctx, location)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("the package of a function: %w", err)
	}
	b.sums[hash] = sha256.Sum256(content)
	return b.sums[hash], nil
}

// fetch reads the binary out of a package.
func fetch(ctx context.Context, location string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("S3 answers %s", response.Status)
	}
	files, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	binary, err := files.Open("bootstrap")
	if err != nil {
		return nil, err
	}
	defer binary.Close()
	return io.ReadAll(binary)
}
