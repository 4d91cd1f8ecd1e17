// The clock and the one line of output of a benchmark: nanoseconds per operation. bench.h is its equal in C.
package main

import (
	"fmt"
	"time"
)

var zero = time.Now()

func seconds() float64 { return time.Since(zero).Seconds() }

func report(start float64, operations int) {
	fmt.Printf("%.2f\n", (seconds()-start)*1e9/float64(operations))
}
