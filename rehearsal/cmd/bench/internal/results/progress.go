package results

import (
	"fmt"
	"io"
	"time"
)

// Begin says what is begun and, once a second, that it goes on, until done is called.
func Begin(to io.Writer, what string) (done func()) {
	start, stop, stopped := time.Now(), make(chan struct{}), make(chan struct{})
	fmt.Fprint(to, what, " ")
	go func() {
		defer close(stopped)
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for {
			select {
			case <-second.C:
				fmt.Fprint(to, ".")
			case <-stop:
				fmt.Fprintf(to, " %.1f s\n", time.Since(start).Seconds())
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}
