package logs

import (
	"time"
)

// Deliver appends a line that another service writes on behalf of the account, such as an access log. Such a delivery was
// permitted when it was set up ("Enable logging from AWS services", CloudWatch Logs User Guide).
func (s *Service) Deliver(name, stream string, at time.Time, message string) error {
	return s.Write(s.iam.Admin().Principal, name, stream, at, message)
}
