package wire

import "github.com/aws/aws-sdk-go-v2/aws"

// Optional is a pointer to the value, nil for a zero value.
func Optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// Small is one of the small quantities of AWS's models, a size, a period or a count, validated when it was stored.
func Small(n int) *int32 {
	return aws.Int32(int32(n)) //nolint:gosec // far smaller than an int32
}
