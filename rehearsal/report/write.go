package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Write writes all reports into a directory: report.json, junit.xml and index.html, whose path it returns.
func Write(directory string, reports []*Report) (page string, err error) {
	if err := os.MkdirAll(directory, 0o755); err != nil { //nolint:gosec // reports are for everyone
		return "", err
	}
	for name, write := range map[string]func(io.Writer, []*Report) error{
		"report.json": JSON,
		"junit.xml":   JUnit,
		"index.html":  HTML,
	} {
		var body bytes.Buffer
		if err := write(&body, reports); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(directory, name), body.Bytes(), 0o644); err != nil { //nolint:gosec // as above
			return "", err
		}
	}
	return filepath.Join(directory, "index.html"), nil
}

// JSON writes the reports as a list. Times are seconds; null is never.
func JSON(out io.Writer, reports []*Report) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(reports)
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr"`
	Cases     []junitCase `xml:"testcase"`
	Output    string      `xml:"system-out"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// JUnit writes the reports as test suites, a check being a test case; what is only reported is skipped.
func JUnit(out io.Writer, reports []*Report) error {
	var all junitSuites
	for _, r := range reports {
		suite := junitSuite{
			Name:      r.Name,
			Tests:     len(r.Checks),
			Time:      fmt.Sprintf("%.3f", time.Duration(r.Took).Seconds()),
			Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		}
		for _, c := range r.Checks {
			one := junitCase{Class: "rehearsals." + r.Name, Name: c.Name}
			if c.Name == "message" {
				one.Name = "message: " + c.Want
			}
			switch {
			case !c.Judged:
				suite.Skipped++
				one.Skipped = &junitMessage{"only reported: " + c.Got}
			case !c.Passed:
				suite.Failures++
				one.Failure = &junitMessage{"want " + c.Want + ", got " + c.Got}
			}
			suite.Cases = append(suite.Cases, one)
		}
		var text strings.Builder
		if err := r.Text(&text); err != nil {
			return err
		}
		suite.Output = text.String()
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	return encoder.Encode(all)
}
