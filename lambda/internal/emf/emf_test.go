package emf

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestALineHasTheFormatOfCloudWatch(t *testing.T) {
	var out bytes.Buffer
	line := Line{
		Namespace:  "Space",
		Dimensions: map[string]string{"Region": "us-east-1", "Kind": "x"},
		Metrics:    map[string]Metric{"Retries": {Count, []float64{2}}, "Age": {Seconds, []float64{1.5, 0}}},
	}
	require.NoError(t, line.Write(&out, time.UnixMilli(1767236400000)))
	assert.JSONEq(t, `{
		"_aws": {"Timestamp": 1767236400000, "CloudWatchMetrics": [{
			"Namespace": "Space", "Dimensions": [["Kind", "Region"]],
			"Metrics": [{"Name": "Age", "Unit": "Seconds"}, {"Name": "Retries", "Unit": "Count"}]}]},
		"Region": "us-east-1", "Kind": "x", "Age": [1.5, 0], "Retries": [2]}`, out.String())
	assert.Equal(t, byte('\n'), out.Bytes()[out.Len()-1])
}

func TestMillisKeepFractions(t *testing.T) {
	b, err := json.Marshal(Millis(1250 * time.Microsecond))
	require.NoError(t, err)
	assert.Equal(t, "1.25", string(b))
}
