package schema

import (
	_ "embed" // for the fingerprints
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// fingerprints are the schema's after each migration, one a line: its version, and a hash of the database's catalog.
// `go test ./lambda/internal/verify -update` writes the file.
//
//go:embed fingerprints.txt
var fingerprints string

// Version is that of the newest migration.
func Version() int64 {
	names, err := fs.Glob(FS(), "*.sql") // sorted
	if err != nil {
		panic(err) // only a malformed pattern fails
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic(err) // a test holds the names to their form
	}
	return version
}

// Fingerprint identifies the schema that the migrations up to a version make, in hexadecimal; it is not known for what
// is no migration's version. Package verify computes that of a database.
func Fingerprint(version int64) (fingerprint string, known bool) {
	for line := range strings.Lines(fingerprints) {
		if fingerprint, known = strings.CutPrefix(strings.TrimSpace(line), fmt.Sprint(version)+" "); known {
			return fingerprint, true
		}
	}
	return "", false
}
