// One goroutine sends, one receives, through a channel with room for 128 values; the time of one value.
package main

import "os"

const values = 5000000

func produce(out chan<- int32) {
	for i := int32(0); i < values; i++ {
		out <- i
	}
	close(out)
}

func main() {
	c := make(chan int32, 128)
	sum := int64(0)
	start := seconds()
	go produce(c)
	for v := range c {
		sum += int64(v)
	}
	report(start, values)
	if sum != values*(values-1)/2 {
		os.Exit(1)
	}
}
