package logs

import "testing"

func FuzzLines(f *testing.F) {
	for _, seed := range []string{
		`{"M":1,"R":"r","_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"DR","Dimensions":[["R"]],"Metrics":[{"Name":"M","Unit":"Count"}]}]}}`,
		`{"M":[1e400],"_aws":{"Timestamp":9223372036854775807,"CloudWatchMetrics":[{"Namespace":"AWS/x","Dimensions":[[],null],"Metrics":[{}]}]}}`,
		`{"_aws":{"CloudWatchMetrics":null}}`, `{"_aws":[],"CloudWatchMetrics":[]}`, `"CloudWatchMetrics"`, "\x00\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) { _ = write(t, newService(t), line) })
}
