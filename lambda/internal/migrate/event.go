package migrate

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"aurora-dsql-dr/lambda/contract"
	"aurora-dsql-dr/lambda/schema"
)

// roleARN is an IAM role's ARN (IAM User Guide, "IAM identifiers") of the characters that also go safely into SQL text.
var roleARN = regexp.MustCompile(`^arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$`)

// validate reports everything that is wrong with the event in one error. Every declared role that is not optional must
// be there, since one that is left out loses its mappings.
func validate(event contract.MigrateEvent, roles []schema.Role) error {
	var problems []error
	var declared []string
	for _, role := range roles {
		declared = append(declared, role.Name)
		if len(event.Roles[role.Name]) == 0 && !role.Optional {
			problems = append(problems, fmt.Errorf("roles.%s is empty: want the IAM roles that connect as it", role.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(event.Roles)) {
		if !slices.Contains(declared, name) {
			problems = append(problems, fmt.Errorf("roles.%s is no role of the database: want %s", name,
				strings.Join(declared, ", ")))
		}
		for _, arn := range event.Roles[name] {
			if !roleARN.MatchString(arn) {
				problems = append(problems,
					fmt.Errorf("roles.%s is %q: want the ARN of an IAM role, arn:aws:iam::<account>:role/<name>", name, arn))
			}
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("migrate event: %w", errors.Join(problems...))
	}
	return nil
}
