package wire

import "strings"

// ReadOperations reads a table of REST operations, one "GetCluster GET /cluster/{identifier}" a line; # begins a
// comment.
func ReadOperations(table string) (all []Shape) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] != "#" {
			all = append(all, Shape{Name: fields[0], Route: NewRoute(fields[1], fields[2])})
		}
	}
	return all
}
