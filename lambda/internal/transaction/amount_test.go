package transaction

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAmountsAreExact(t *testing.T) {
	for text, want := range map[string]string{
		"100.50":                                 "100.50",
		"0.01":                                   "0.01",
		"1":                                      "1.00",
		"0.1":                                    "0.10",
		"1e2":                                    "100.00",
		"1.005e2":                                "100.50",
		"1E+2":                                   "100.00",
		"10050e-2":                               "100.50",
		"100.500000":                             "100.50",
		"999999999999.99":                        "999999999999.99",
		"0.000001e6":                             "1.00",
		"99999999999999e-2":                      "999999999999.99",
		"1e-2":                                   "0.01",
		"1000000e-6":                             "1.00",
		"0.30":                                   "0.30",
		"1e11":                                   "100000000000.00",
		"20e0":                                   "20.00",
		"1" + strings.Repeat("0", 500) + "e-500": "1.00",
	} {
		amount, err := ParseAmount(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, amount.String(), text)
	}
}

func TestAmountsThatAreRefused(t *testing.T) {
	const outOfRange, decimals, form = "want 0.01 to 999999999999.99", "want at most two decimals", "want a decimal number"
	for text, want := range map[string]string{
		"0":                              outOfRange,
		"-0":                             outOfRange,
		"0.00":                           outOfRange,
		"-1":                             outOfRange,
		"1000000000000":                  outOfRange,
		"1e12":                           outOfRange,
		"0e99":                           outOfRange,
		"999999999999.999":               decimals,
		"0.001":                          decimals,
		"1e-3":                           decimals,
		"100.505":                        decimals,
		"1e999999999":                    outOfRange,
		"1e99999999999999999999":         outOfRange,
		"1e-99999999999999999999":        outOfRange,
		"9" + strings.Repeat("9", 60000): outOfRange,
		"NaN":                            form,
		"Infinity":                       form,
		"-Infinity":                      form,
		"inf":                            form,
		"":                               form,
		" 1":                             form,
		"1 ":                             form,
		"+1":                             form,
		"1.":                             form,
		".5":                             form,
		"01":                             form,
		"0x10":                           form,
		"1_000":                          form,
		"1,50":                           form,
		"1e":                             form,
		"1e1.5":                          form,
		"１":                              form,
		"1\n":                            form,
	} {
		_, err := ParseAmount(text)
		assert.ErrorContains(t, err, want, text[:min(len(text), 30)])
	}
}

func FuzzAmount(f *testing.F) {
	for _, seed := range []string{"100.50", "1e2", "1.005e2", "0.001", "1e-3", "99999999999999e-2", "NaN", "1e999999999",
		"-0.00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := ParseAmount(text)
		if err != nil {
			return
		}
		require.True(t, amount >= MinAmount && amount <= MaxAmount, text)
		again, err := ParseAmount(amount.String())
		require.NoError(t, err)
		require.Equal(t, amount, again)
		if len(text) < 40 && !strings.ContainsAny(text, "eE") {
			exact, ok := new(big.Rat).SetString(text)
			require.True(t, ok)
			require.Zero(t, exact.Cmp(big.NewRat(int64(amount), 100)), "%s is not %v", text, amount)
		}
	})
}
