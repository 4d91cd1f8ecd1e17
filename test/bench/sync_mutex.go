// A mutex that nobody else wants: one lock and unlock.
package main

import "sync"

var shared struct {
	mutex sync.Mutex
	n     int
}

func main() {
	const rounds = 50000000
	start := seconds()
	for i := int32(0); i < rounds; i++ {
		shared.mutex.Lock()
		shared.n++
		shared.mutex.Unlock()
	}
	report(start, rounds)
}
