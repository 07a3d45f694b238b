package script

import "testing"

func FuzzFiles(f *testing.F) {
	for _, seed := range []string{
		minimal,
		minimal + "---\n" + minimal,
		"method: &a [*a]",
		"a: &a {b: *a}",
		"- {at: 5s}",
		"? [x]\n: y",
		"budgets: {detect: .nan}",
		"watch: 2026-01-01",
		"0x10: a",
		"a: &a {titel: t}\n<<: *a",
		"expect: [{from: [[]], times: {}}]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = Parse("rehearsals/fuzz.yaml", text, places) })
}
