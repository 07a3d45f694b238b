package fieldcrypt

import "errors"

// unreadable is why a stored text cannot be read, however well the database and its key are.
type unreadable string

func (u unreadable) Error() string { return string(u) }

// Unreadable tells whether an error is the fault of the row that was read, and why in words for clients: others can be
// read.
func Unreadable(err error) (why string, is bool) {
	var u unreadable
	is = errors.As(err, &u)
	return string(u), is
}
