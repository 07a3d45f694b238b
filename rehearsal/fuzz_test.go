package rehearsal

import "testing"

func FuzzFiles(f *testing.F) {
	for _, seed := range []string{minimal, minimal + "---\n" + minimal, "method: &a [*a]", "a: &a {b: *a}", "- {at: 5s}", "? [x]\n: y", "budgets: {detect: .nan}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = Parse("rehearsals/fuzz.yaml", text, places) })
}
