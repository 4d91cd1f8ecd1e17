// Goroutines that count themselves and end, in batches of a thousand; the time from `go` to the end of one.
package main

import "sync/atomic"

const batches, batch = 1000, 1000

var left int64
var batchDone chan int32

func count() {
	if atomic.AddInt64(&left, -1) == 0 {
		batchDone <- 1
	}
}

func main() {
	batchDone = make(chan int32)
	start := seconds()
	for b := 0; b < batches; b++ {
		atomic.StoreInt64(&left, batch)
		for i := 0; i < batch; i++ {
			go count()
		}
		<-batchDone
	}
	report(start, batches*batch)
}
