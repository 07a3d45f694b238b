package report

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAReportSaysWhichRevisionWasRehearsedAndWhere(t *testing.T) {
	p := Provenance{
		Revision:   "60e548d9f0a1+changes",
		Go:         "go1.26.0",
		Platform:   "linux/amd64",
		Processors: 2,
	}
	assert.Equal(t, "revision 60e548d9f0a1+changes, go1.26.0, linux/amd64, 2 processors", p.String())
	p.RaceDetector = true
	assert.Equal(t, "revision 60e548d9f0a1+changes, go1.26.0, linux/amd64, 2 processors, race detector on", p.String())

	own := provenance()
	assert.Equal(
		t,
		[]string{"unknown", runtime.Version()},
		[]string{own.Revision, own.Go},
		"a test is not built by the Makefile",
	)
}
