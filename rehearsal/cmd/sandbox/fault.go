package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal/control"
	"aurora-dsql-dr/rehearsal/fault"
)

// faults lists, injects and undoes faults in the sandbox that is running.
func faults(ctx context.Context, p *printer, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "list" && len(args) == 1 {
		listFaults(p)
		return nil
	}
	command, known := map[string]func(context.Context, *control.Client, []string) ([]fault.Active, error){
		"active": func(ctx context.Context, c *control.Client, _ []string) ([]fault.Active, error) { return c.Active(ctx) },
		"inject": inject,
		"undo":   undo,
	}[args[0]]
	if !known {
		return errUsage
	}
	client, err := control.Find()
	if err != nil {
		return err
	}
	active, err := command(ctx, client, args[1:])
	if err != nil {
		return err
	}
	showActive(p, active)
	return nil
}

func listFaults(p *printer) {
	for _, f := range fault.Catalogue() {
		p.text(f.Name + "\n    " + f.Description + "\n")
		for _, param := range f.Parameters {
			line := "    " + param.Name + "=<" + string(param.Kind) + ">  " + param.Description
			if param.Default != "" {
				line += "; default " + param.Default
			}
			p.text(line + "\n")
		}
	}
}

// inject reads a fault as people type it: region-lost region=primary.
func inject(ctx context.Context, c *control.Client, words []string) ([]fault.Active, error) {
	if len(words) == 0 {
		return nil, errUsage
	}
	spec := fault.Spec{Name: words[0], With: map[string]string{}}
	var problems []error
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			problems = append(problems, fmt.Errorf("parameter %q: want NAME=VALUE", word))
		}
		spec.With[name] = value
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return c.Inject(ctx, spec)
}

// undo undoes faults by their IDs, or all.
func undo(ctx context.Context, c *control.Client, words []string) (active []fault.Active, err error) {
	if len(words) == 1 && words[0] == "all" {
		return c.UndoAll(ctx)
	}
	if len(words) == 0 {
		return nil, errUsage
	}
	for _, word := range words {
		id, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("%q is no ID of a fault: want a number that `sandbox fault active` shows, or all", word)
		}
		if active, err = c.Undo(ctx, id); err != nil {
			return nil, err
		}
	}
	return active, nil
}

func showActive(p *printer, active []fault.Active) {
	if len(active) == 0 {
		p.text("no fault is active\n")
		return
	}
	rows := [][]string{{"ID", "SINCE", "FAULT"}}
	for _, a := range active {
		rows = append(rows, []string{strconv.Itoa(a.ID), a.Since.Local().Format(time.TimeOnly), a.Spec.String()})
	}
	p.table(rows)
}
