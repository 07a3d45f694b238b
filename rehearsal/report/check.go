package report

import "aurora-dsql-dr/rehearsal/script"

// Check is one thing that was judged.
type Check struct {
	Name string `json:"name"`
	Want string `json:"want"`
	Got  string `json:"got"`
	// Judged is false for what is only reported; then it has passed and has no score.
	Judged bool `json:"judged"`
	Passed bool `json:"passed"`
	// Score is 100 or 0, and for a time what it leaves of twice its budget: 100 at once, 50 in the last moment.
	Score int `json:"score"`
}

// NewCheck is a thing that has passed or not.
func NewCheck(name, want, got string, passed bool) Check {
	c := Check{
		Name:   name,
		Want:   want,
		Got:    got,
		Judged: true,
		Passed: passed,
	}
	if passed {
		c.Score = 100
	}
	return c
}

// budgetCheck judges a time. At another speed than the wall's it is only reported, unless it should not have happened.
func budgetCheck(m script.Measure, b script.Budget, t Time, speed float64) Check {
	switch {
	case b.Unjudged || !b.Never && speed != 1:
		return Check{
			Name:   string(m),
			Want:   b.String(),
			Got:    t.String(),
			Passed: true,
		}
	case b.Never:
		return NewCheck(string(m), "never", t.String(), !t.Happened)
	}
	c := NewCheck(string(m), "within "+script.Short(b.Within), t.String(), t.Happened && t.After <= b.Within)
	c.Score = 0
	if t.Happened {
		c.Score = max(0, 100-int(50*t.After/b.Within))
	}
	return c
}

func holds(name string, problem error) Check {
	if problem == nil {
		return NewCheck(name, "holds", "holds", true)
	}
	return NewCheck(name, "holds", problem.Error(), false)
}
