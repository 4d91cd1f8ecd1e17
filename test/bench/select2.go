// One goroutine sends to two unbuffered channels in turn, one receives by a select of both; the time of one value.
package main

import "os"

const values = 2000000

func produce(a, b chan<- int32) {
	for i := int32(0); i < values/2; i++ {
		a <- i
		b <- i
	}
}

func main() {
	a, b := make(chan int32), make(chan int32)
	sum := int64(0)
	start := seconds()
	go produce(a, b)
	for i := 0; i < values; i++ {
		select {
		case v := <-a:
			sum += int64(v)
		case v := <-b:
			sum -= int64(v)
		}
	}
	report(start, values)
	if sum != 0 {
		os.Exit(1)
	}
}
