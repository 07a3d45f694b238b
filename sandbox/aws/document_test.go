package aws

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocumentNamesTestsThatExist(t *testing.T) {
	var files []string
	for _, packages := range []string{"../*_test.go", "../*/*_test.go", "../*/*/*_test.go", "../../rehearsal/*/*_test.go", "../../docs/*_test.go",
		"../../verify/*_test.go"} {
		found, err := filepath.Glob(packages)
		require.NoError(t, err)
		files = append(files, found...)
	}
	declared := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(source, -1) {
			declared[string(match[1])] = true
		}
	}
	document, err := os.ReadFile("../../docs/sandbox-aws.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(document, -1)
	assert.Greater(t, len(named), 50)
	for _, match := range named {
		assert.True(t, declared[string(match[1])], "%s is no test", match[1])
	}
}
