package memory

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The last 64 MB of a pipe are kept by whoever is to print them when it ends, a grandchild.
func TestWhatDescendantsHoldIsCounted(t *testing.T) {
	const held = 64_000_000
	before, stop := Held(), Watch()
	child := exec.Command("sh", "-c", "(head -c 64000000 /dev/zero; read end) | tail -c 64000000 >/dev/null")
	input, err := child.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	require.Eventually(t, func() bool { return Held() >= before+held }, 30*time.Second, 10*time.Millisecond)
	assert.GreaterOrEqual(t, stop(), before+held)
	require.NoError(t, input.Close())
	_ = child.Wait() // read has found the end
	assert.Less(t, Held(), before+held/2, "what has ended holds nothing")
}
