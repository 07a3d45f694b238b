package main

import (
	"context"
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"aurora-dsql-dr/internal/pulumi"
	"aurora-dsql-dr/stacks"
)

// engine is the pulumi on PATH with the program inside this process, so that it needs no host of Go programs.
type engine struct{ auto.Stack }

// open opens a stack, or makes it.
func open(ctx context.Context, stack string, there bool) (engine, error) {
	workspace, err := auto.NewLocalWorkspace(ctx, auto.WorkDir(pulumi.Dir()))
	if err != nil {
		return engine{}, err
	}
	begin := auto.NewStack
	if there {
		begin = auto.SelectStack
	}
	s, err := begin(ctx, stack, workspace)
	return engine{s}, refused("stack select --create "+stack, err)
}

// refused is an error of the automation API in pulumi's words alone, without what it printed else.
func refused(asked string, err error) error {
	if err == nil {
		return nil
	}
	_, said, _ := strings.Cut(err.Error(), "\nstderr: ")
	if strings.TrimSpace(said) == "" {
		return err
	}
	return pulumi.Refusal(asked, said)
}

// register enters the providers into the state.
func (e engine) register(ctx context.Context) error {
	e.Workspace().SetProgram(stacks.Providers)
	_, err := observed("up", func(stream chan<- events.EngineEvent) error {
		_, err := e.Up(ctx, optup.EventStreams(stream), optup.SuppressProgress(), optup.Color("never"))
		return err
	})
	return err
}

// preview asks what a deployment of the program would do.
func (e engine) preview(ctx context.Context) (heard, error) {
	e.Workspace().SetProgram(stacks.Run)
	return observed("preview", func(stream chan<- events.EngineEvent) error {
		_, err := e.Preview(ctx, optpreview.EventStreams(stream), optpreview.SuppressProgress(), optpreview.Color("never"))
		return err
	})
}

// heard is what the engine has told of an operation.
type heard struct {
	steps    []apitype.StepEventMetadata
	counts   map[apitype.OpType]int
	problems []error
}

// observed runs an operation and listens until it is over, when everything has been told (auto, eventsServer). The
// error is in the engine's words, if it had any.
func observed(asked string, operation func(chan<- events.EngineEvent) error) (heard, error) {
	var h heard
	told, done := make(chan events.EngineEvent), make(chan error, 1)
	go func() { done <- operation(told) }()
	for {
		select {
		case event, open := <-told:
			if !open {
				told = nil
			}
			h.hear(event.EngineEvent)
		case err := <-done:
			if err != nil && len(h.problems) > 0 {
				err = errors.Join(h.problems...)
			}
			return h, refused(asked, err)
		}
	}
}

func (h *heard) hear(e apitype.EngineEvent) {
	switch {
	case e.ResourcePreEvent != nil:
		h.steps = append(h.steps, e.ResourcePreEvent.Metadata)
	case e.SummaryEvent != nil:
		h.counts = e.SummaryEvent.ResourceChanges
	case e.DiagnosticEvent != nil && e.DiagnosticEvent.Severity == "error":
		h.problems = append(h.problems, errors.New(strings.TrimSpace(e.DiagnosticEvent.Message)))
	}
}
