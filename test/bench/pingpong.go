// Two goroutines hand one value to and fro over two unbuffered channels; the time of one round trip.
package main

func pong(in <-chan int32, out chan<- int32) {
	for v := range in {
		out <- v
	}
}

func main() {
	const rounds = 1000000
	to, fro := make(chan int32), make(chan int32)
	go pong(to, fro)
	start := seconds()
	for i := int32(0); i < rounds; i++ {
		to <- i
		<-fro
	}
	report(start, rounds)
}
