package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"aurora-dsql-dr/rehearsal/control"
	"aurora-dsql-dr/sandbox"
)

// token prints a password for the SQL endpoint at a host: of the sandbox that is running, or of the one in a directory.
// It is made when it is asked for, so that a line with this command in it can be pasted again and again.
func token(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("token", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("in", "", "")
	user := flags.String("user", sandbox.AdminUser, "")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return errUsage
	}
	client, err := running(*dir)
	if err != nil {
		return err
	}
	password, err := client.Password(ctx, flags.Arg(0), *user)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, password)
	return err
}

// running is the sandbox in a directory, or the only one that there is.
func running(dir string) (*control.Client, error) {
	if dir == "" {
		return control.Find()
	}
	client, err := control.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, errors.New("the sandbox of this line has ended: `make sandbox` starts one and prints its own")
	}
	return client, err
}
