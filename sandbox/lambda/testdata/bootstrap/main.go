// Command bootstrap is the function that the tests of sandbox/lambda run: its event says how to behave.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do    string        `json:"do"`
	For   time.Duration `json:"for"`
	Bytes int           `json:"bytes"`
	Line  string        `json:"line"`
}

type answer struct {
	PID       int           `json:"pid"`
	Child     int           `json:"child"`
	Count     int           `json:"count"`
	Environ   []string      `json:"environ"`
	Left      time.Duration `json:"left"`
	RequestID string        `json:"requestId"`
	ARN       string        `json:"arn"`
	Directory string        `json:"directory"`
}

var (
	count int
	held  [][]byte
)

func handle(ctx context.Context, e event) (answer, error) {
	count++
	deadline, _ := ctx.Deadline()
	lc, _ := lambdacontext.FromContext(ctx)
	directory, _ := os.Getwd()
	a := answer{PID: os.Getpid(), Count: count, Left: time.Until(deadline), RequestID: lc.AwsRequestID,
		ARN: lc.InvokedFunctionArn, Directory: directory}
	switch e.Do {
	case "environ":
		a.Environ = os.Environ()
	case "sleep":
		time.Sleep(e.For)
	case "exit":
		os.Exit(3)
	case "panic":
		panic("told to")
	case "fail":
		return a, errors.New("told to fail")
	case "print":
		fmt.Println(e.Line)
	case "spawn":
		child := exec.Command("/bin/sleep", "1000")
		if err := child.Start(); err != nil {
			return a, err
		}
		a.Child = child.Process.Pid
	case "allocate":
		for range e.Bytes >> 20 {
			block := make([]byte, 1<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			held = append(held, block)
			time.Sleep(time.Millisecond)
		}
	}
	return a, nil
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("cannot begin")
		os.Exit(1)
	case "error":
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		body := strings.NewReader(`{"errorMessage":"no configuration","errorType":"Config.Missing"}`)
		if _, err := http.Post(url, "application/json", body); err != nil {
			panic(err)
		}
		os.Exit(1)
	}
	lambda.Start(handle)
}
