// Two goroutines yield to each other; the time of one yield.
package main

import "runtime"

const yields = 5000000

func yield(done chan<- int32) {
	for i := 0; i < yields; i++ {
		runtime.Gosched()
	}
	done <- 1
}

func main() {
	done := make(chan int32, 1)
	start := seconds()
	go yield(done)
	for i := 0; i < yields; i++ {
		runtime.Gosched()
	}
	<-done
	report(start, 2*yields)
}
