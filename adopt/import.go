package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// enter imports what is there into the state, and changes nothing of it. `pulumi import` runs no program, but asks the
// program's language host which plugins it needs. Here that is a host in this process that knows of none, named in a
// copy of the project.
func (a adoption) enter(ctx context.Context) error {
	stop := make(chan bool)
	defer close(stop)
	host, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stop,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, pulumirpc.UnimplementedLanguageRuntimeServer{})
			return nil
		},
	})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "adopt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	settings, err := os.ReadFile(a.file())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(a.file())), settings, 0o600); err != nil {
		return err
	}
	project := *a.project
	project.Main = ""
	project.Runtime = workspace.NewProjectRuntimeInfo("client", map[string]any{
		"address": fmt.Sprintf("127.0.0.1:%d", host.Port),
	})
	copied, err := auto.NewLocalWorkspace(ctx, auto.WorkDir(dir), auto.Project(project))
	if err != nil {
		return err
	}
	stack, err := auto.SelectStack(ctx, a.stack, copied)
	if err != nil {
		return err
	}
	what, names := a.imports()
	_, err = stack.ImportResources(ctx, optimport.Resources(what), optimport.NameTable(names), optimport.Protect(false),
		optimport.GenerateCode(false))
	return err
}

// imports are the parts of the pair, below the database, which is none of AWS's, and each by its region's provider.
func (a adoption) imports() (what []*optimport.ImportResource, names map[string]string) {
	what = []*optimport.ImportResource{{Type: kindDatabase, Name: databaseName, Component: true}}
	names = map[string]string{}
	for _, part := range a.pair.parts() {
		names[part.place] = a.urn(kindProvider, part.place)
		what = append(what, &optimport.ImportResource{
			Type:     part.kind,
			Name:     part.name,
			ID:       part.id,
			Parent:   databaseName,
			Provider: part.place,
		})
	}
	return what, names
}
