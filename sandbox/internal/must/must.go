// Package must is for what cannot fail: the encoding of values that always encode.
package must

import "encoding/json"

// Have is a value that is there; that it is not is a mistake of the sandbox's own, and panics.
func Have[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// JSON is the JSON of a value that has one.
func JSON(value any) []byte { return Have(json.Marshal(value)) }
