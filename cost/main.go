// Command cost prices a month of watching: the program's own resource graph times a dated price list.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/stacks"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "usage: make cost STACK=<stack>, one of %q\n", graph.Stacks("."))
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

// run prints the bill of a stack of the current directory.
func run(stack string, out io.Writer) error {
	config, err := graph.StackConfig(".", stack)
	if err != nil {
		return err
	}
	p, err := loadPrices()
	if err != nil {
		return err
	}
	g, err := describe(stack, config)
	if err != nil {
		return err
	}
	lines, err := bill(g, p)
	if err != nil {
		return err
	}
	show(out, stack, p, lines)
	return nil
}

// describe runs the program under mocks, in a directory where its functions seem built.
func describe(stack string, config map[string]string) (*graph.Graph, error) {
	dir, err := os.MkdirTemp("", "cost-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		return nil, err
	}
	files := slices.Concat(components.FunctionFiles(components.ArchitectureARM),
		components.FunctionFiles(components.ArchitectureX86))
	if err := graph.PretendBuilt(dir, files); err != nil {
		return nil, err
	}
	return graph.Run(stacks.Run, graph.Options{Stack: stack, Config: config})
}

func show(out io.Writer, stack string, p prices, lines []line) {
	fmt.Fprintf(out,
		"A month of watching with stack %s, in US dollars (list prices of %s, us-east-1, free tier left out)\n\n", stack,
		p.Date)
	fmt.Fprintf(out, "  %-26s %14s %-20s %14s %10s\n", "", "quantity", "", "price", "month")
	for _, l := range lines {
		fmt.Fprintf(out, "  %-26s %14.3f %-20s %14.8g %10.2f\n", l.What, l.Quantity, l.Unit, l.Price, l.monthly())
	}
	fmt.Fprintf(out, "  %-26s %14s %-20s %14s %10.2f\n\n", "Total", "", "", "", total(lines))
	a := p.Assumptions
	fmt.Fprintf(out,
		"Assumed: %.0f hours a month; %.1f s for a healthy round; %.0f bytes of log a run and, "+
			"with full metrics, %.0f a probe;\n"+
			"%.0f bytes over the network a probe. Notifications, dead letters and the database itself "+
			"are not watching and not included.\n",
		a.MonthHours, a.RoundSeconds, a.LogBytesPerRun, a.LogBytesPerProbeFull, a.TransferBytesPerProbe)
	if slices.ContainsFunc(lines, func(l line) bool { return l.What == healthChecks }) {
		fmt.Fprintf(out, "Traffic: endpoints are of AWS; %.0f checkers ask each, of ours for %.0f ms and %.0f bytes of log. "+
			"The hosted zone and its\nqueries are not included.\n", a.CheckersPerEndpoint, 1000*a.LivezSeconds, a.LivezLogBytes)
	}
}

func total(lines []line) (sum float64) {
	for _, l := range lines {
		sum += l.monthly()
	}
	return sum
}
