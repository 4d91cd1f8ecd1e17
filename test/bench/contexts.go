// Contexts: NAME of the work as argument, see work; contexts.gc is its equal. Nanoseconds per operation.
package main

import (
	"context"
	"os"
	"runtime"
	"time"
)

type keyType int

const key keyType = 0

var root context.Context
var value = new(int)

func cancel() {
	const n = 3000000
	start := seconds()
	for i := 0; i < n; i++ {
		_, cancel := context.WithCancel(root)
		cancel()
	}
	report(start, n)
}

func timeout() {
	const n = 2000000
	start := seconds()
	for i := 0; i < n; i++ {
		_, cancel := context.WithTimeout(root, time.Hour)
		cancel()
	}
	report(start, n)
}

// As a server does: a context for the request, one with a value below, whose channel somebody asks for.
func request() {
	const n = 1000000
	start := seconds()
	for i := 0; i < n; i++ {
		own, cancelOwn := context.WithTimeout(root, time.Hour)
		ctx := context.WithValue(own, key, value)
		below, cancelBelow := context.WithCancel(ctx)
		below.Done()
		if below.Err() != nil || below.Value(key) != value {
			return
		}
		cancelBelow()
		cancelOwn()
	}
	report(start, n)
}

// A chain of a hundred, cancelled at its root.
func tree() {
	const n, depth = 20000, 100
	start := seconds()
	for i := 0; i < n; i++ {
		ctx, cancelTop := context.WithCancel(context.Background())
		for j := 1; j < depth; j++ {
			ctx, _ = context.WithCancel(ctx)
		}
		cancelTop()
	}
	report(start, n*depth)
}

// Asking one that has not finished.
func check() {
	const n = 100000000
	above, _ := context.WithCancel(root)
	ctx, _ := context.WithTimeout(above, time.Hour)
	start := seconds()
	for i := 0; i < n; i++ {
		if ctx.Err() != nil {
			return
		}
	}
	report(start, n)
}

// All goroutines below one parent.
func parallel() {
	const n = 1000000
	workers := runtime.GOMAXPROCS(0)
	done := make(chan struct{})
	start := seconds()
	for w := 0; w < workers; w++ {
		go func() {
			for i := 0; i < n; i++ {
				_, cancel := context.WithCancel(root)
				cancel()
			}
			done <- struct{}{}
		}()
	}
	for w := 0; w < workers; w++ {
		<-done
	}
	report(start, n*workers)
}

func main() {
	root, _ = context.WithCancel(context.Background())
	work := map[string]func(){
		"cancel": cancel, "timeout": timeout, "request": request, "tree": tree, "check": check, "parallel": parallel,
	}
	work[os.Args[1]]()
}
