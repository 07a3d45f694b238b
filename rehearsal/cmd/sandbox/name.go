package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aurora-dsql-dr/rehearsal"
	"aurora-dsql-dr/rehearsal/routing"
	"aurora-dsql-dr/rehearsal/stack"
	"aurora-dsql-dr/rehearsal/workload"
)

// useName writes through the application's name as clients in each data region do, and shows which region has answered.
// When makes the transactions' ids those of one moment.
func useName(ctx context.Context, p *printer, stage rehearsal.Stage, heading, when string) error {
	domain := stage.Outputs.TrafficDomain
	done := p.begin(heading)
	defer done("")
	token, err := stack.TokenFor(stage.Sandbox, stage.Outputs)
	if err != nil {
		return err
	}
	application, err := workload.PrepareApplication(stage.Sandbox, stage.Outputs.TransactionAPIURLs, token)
	if err != nil {
		return err
	}
	named, err := workload.PrepareNamed(stage.Sandbox, application, domain)
	if err != nil {
		return err
	}
	name := routing.Name{Account: stage.Sandbox.Account, Domain: domain}
	rows := [][]string{{"CLIENT IN", "LED TO", "WRITTEN IN", "TOOK"}}
	for _, place := range []string{"primary", "secondary"} {
		region := stack.Places()[place]
		client := named.Dial(region, domain)
		begun := time.Now()
		by, err := client.Write(ctx, "demo-"+when+"-"+place)
		client.Close()
		if err != nil {
			return fmt.Errorf("%s, asked in %s: %w", domain, region, err)
		}
		took := millis(float64(time.Since(begun).Milliseconds()))
		rows = append(rows, []string{region, strings.Join(name.Answer(region), ", "), by, took})
	}
	done(domain)
	p.table(rows)
	return nil
}
