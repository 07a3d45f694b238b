package dsqlconn

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRegionComesOutOfTheEndpointsName(t *testing.T) {
	for host, want := range map[string]string{
		"abcdefghij0123456789abcdef.dsql.us-east-1.on.aws":         "us-east-1",
		"abcdefghij0123456789abcdef.dsql-fnh4.eu-central-1.on.aws": "eu-central-1",
		"abc.dsql.ap-northeast-3.on.aws":                           "ap-northeast-3",
	} {
		got, err := Region(host)
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, host := range []string{
		"", "localhost", "abc.rds.us-east-1.on.aws", "abc.dsql.us-east-1.on.aws.evil.example",
		"https://abc.dsql.us-east-1.on.aws",
		"abc.dsql.us-east-1.on.aws:5432", "abc.dsql.useast.on.aws", "abc'.dsql.us-east-1.on.aws",
	} {
		_, err := Region(host)
		assert.ErrorContains(t, err, "want the host name of a DSQL endpoint", host)
	}
}

func TestHostAddrIsAListOfPairs(t *testing.T) {
	for value, want := range map[string]map[string][]string{
		"":                                       {},
		" ":                                      {},
		"a.on.aws=127.0.0.1:1":                   {"a.on.aws": {"127.0.0.1:1"}},
		"a=10.0.0.1:5432, b=[::1]:99":            {"a": {"10.0.0.1:5432"}, "b": {"[::1]:99"}},
		"a=10.0.0.1:1,b=10.0.0.1:1,a=10.0.0.2:1": {"a": {"10.0.0.1:1", "10.0.0.2:1"}, "b": {"10.0.0.1:1"}},
	} {
		got, err := ParseHostAddr(value)
		assert.NoError(t, err)
		assert.Equal(t, want, got, value)
	}
}

func TestEveryMalformedPairOfHostAddrIsReported(t *testing.T) {
	got, err := ParseHostAddr(
		"good=10.0.0.1:5432,nothing,=10.0.0.1:5432,a=localhost:5432,b=10.0.0.1,c=10.0.0.1:0,good=10.0.0.1:5432")
	assert.Nil(t, got)
	for _, problem := range []string{
		`"nothing": want host=ip:port`, `"=10.0.0.1:5432": want`, `"a=localhost:5432": want`, `"b=10.0.0.1": want`,
		`"c=10.0.0.1:0": want`,
		"this address of host good is listed twice",
	} {
		assert.ErrorContains(t, err, problem)
	}
}

func FuzzHostAddr(f *testing.F) {
	for _, seed := range []string{"", "a=127.0.0.1:1,b=[::1]:2", "a=,=b,,", "a=1.2.3.4:99999", "a=[fe80::1%eth0]:5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		addresses, err := ParseHostAddr(value)
		if err != nil {
			assert.Nil(t, addresses)
			return
		}
		for host, all := range addresses {
			assert.NotEmpty(t, host)
			assert.NotEmpty(t, all)
			for _, addr := range all {
				_, err := netip.ParseAddrPort(addr)
				assert.NoError(t, err)
			}
		}
	})
}
