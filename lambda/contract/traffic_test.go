package contract

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Lambda's runtime interface takes the name of the error's type (aws-lambda-go, lambda/errors.go, getErrorType).
func TestARefusalIsKnownByItsType(t *testing.T) {
	assert.Equal(t, RefusalType, reflect.TypeFor[Refusal]().Name())
}
