// Command cost prices a month of watching: the program's own resource graph times a dated price list.
package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"aurora-dsql-dr/components"
	"aurora-dsql-dr/internal/graph"
	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: make cost STACK=<stack> DATABASE_GB=10, the stack one of %q\n",
			graph.Stacks(pulumi.Dir()))
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

// assumedGB is the size of the database if nobody says another: what backups cost per GB.
const assumedGB = 1

// gigabytes reads the size of the database.
func gigabytes(text string) (float64, error) {
	if text == "" {
		return assumedGB, nil
	}
	size, err := strconv.ParseFloat(text, 64)
	if err != nil || !(size > 0) || math.IsInf(size, 0) {
		return 0, fmt.Errorf("DATABASE_GB is %q: want the size of the database in GB, such as 10", text)
	}
	return size, nil
}

// run prints the bill of a stack of the current directory, whose database has so many GB.
func run(stack, size string, out io.Writer) error {
	databaseGB, err := gigabytes(size)
	if err != nil {
		return err
	}
	config, err := graph.StackConfig(pulumi.Dir(), stack)
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
	lines, err := bill(g, p, databaseGB)
	if err != nil {
		return err
	}
	show(out, stack, p, lines)
	showBackups(out, stack, size, databaseGB, p, lines)
	return nil
}

// describe runs the program under mocks, as if its functions were built.
func describe(stack string, config map[string]string) (*graph.Graph, error) {
	files := slices.Concat(components.FunctionFiles(components.ArchitectureARM),
		components.FunctionFiles(components.ArchitectureX86))
	return graph.Pretend(stacks.Run, graph.Options{Stack: stack, Config: config}, files)
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

// showBackups says what the lines of backups go by.
func showBackups(out io.Writer, stack, given string, gigabytes float64, p prices, lines []line) {
	if !slices.ContainsFunc(lines, func(l line) bool { return l.What == keptPoints }) {
		return
	}
	fmt.Fprintf(out, "Backups: full copies of a database of %g GB, as many as there are once the first has ended; %.0f "+
		"minutes a restore\ntest. Their prices are DynamoDB's, since none for Aurora DSQL could be read: look yours up.\n",
		gigabytes, p.Assumptions.RestoreMinutesPerTest)
	if given == "" {
		fmt.Fprintf(out, "That size is assumed: make cost STACK=%s DATABASE_GB=10 says another.\n", stack)
	}
}

func total(lines []line) (sum float64) {
	for _, l := range lines {
		sum += l.monthly()
	}
	return sum
}
