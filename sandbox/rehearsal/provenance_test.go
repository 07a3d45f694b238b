package rehearsal

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAReportSaysWhichRevisionWasRehearsedAndWhere(t *testing.T) {
	p := Provenance{Go: "go1.26.0", Platform: "linux/amd64", Processors: 2}
	assert.Equal(t, "an unknown revision; go1.26.0, linux/amd64, 2 processors", p.String())
	p.build([]debug.BuildSetting{
		{Key: "-race", Value: "true"}, {Key: "vcs.modified", Value: "true"}, {Key: "vcs.revision", Value: "60e548d9f0a1b2c3d4e5f60718293a4b5c6d7e8f"}, {Key: "GOOS", Value: "linux"},
	})
	assert.Equal(t, "revision 60e548d9f0a1 with changes; go1.26.0, linux/amd64, 2 processors, race detector on", p.String())
	assert.Equal(t, runtime.Version(), provenance().Go)
}
