// What has been done once is asked for again: one call.
package main

import "sync"

var once sync.Once
var done int

func initialise() { done++ }

func main() {
	const rounds = 500000000
	start := seconds()
	for i := int32(0); i < rounds; i++ {
		once.Do(initialise)
	}
	report(start, rounds)
	if done != 1 {
		panic("done more than once")
	}
}
