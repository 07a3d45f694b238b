package transaction

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Amount is a sum of money in hundredths, exact; the column is numeric(14,2).
type Amount int64

// The accepted amounts.
const (
	MinAmount Amount = 1
	MaxAmount Amount = 999_999_999_999_99
)

// decimalText is a JSON number (RFC 8259), in parts: sign, whole digits, fraction, exponent.
var decimalText = regexp.MustCompile(`^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$`)

var errAmountRange = fmt.Errorf("want %v to %v", MinAmount, MaxAmount)

// ParseAmount reads a decimal in the form of a JSON number, exponents included, without ever rounding.
func ParseAmount(text string) (Amount, error) {
	parts := decimalText.FindStringSubmatch(text)
	if parts == nil {
		return 0, errors.New("want a decimal number such as 100.50")
	}
	digits := strings.TrimLeft(parts[2]+parts[3], "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" || parts[1] == "-" {
		return 0, errAmountRange
	}
	exponent, err := strconv.ParseInt("0"+strings.TrimLeft(parts[4], "+-"), 10, 32)
	if err != nil {
		return 0, errAmountRange
	}
	if strings.HasPrefix(parts[4], "-") {
		exponent = -exponent
	}
	// The value is significant times ten to the power of shift, in hundredths.
	shift := exponent - int64(len(parts[3])) + int64(len(digits)-len(significant)) + 2
	switch {
	case shift < 0:
		return 0, errors.New("want at most two decimals")
	case int64(len(significant))+shift > int64(len(strconv.FormatInt(int64(MaxAmount), 10))):
		return 0, errAmountRange
	}
	hundredths, err := strconv.ParseInt(significant+strings.Repeat("0", int(shift)), 10, 64)
	if err != nil {
		return 0, errAmountRange
	}
	return Amount(hundredths), nil
}

// String is the decimal with two places.
func (a Amount) String() string { return fmt.Sprintf("%d.%02d", a/100, a%100) }

// Number is the nearest float, for matching by magnitude only.
func (a Amount) Number() float64 { return float64(a) / 100 }
