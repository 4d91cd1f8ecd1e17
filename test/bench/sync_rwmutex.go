// Two goroutines read, and one in a thousand operations writes: one lock and unlock.
package main

import "sync"

const (
	goroutines = 2
	rounds     = 5000000
)

var shared struct {
	mutex sync.RWMutex
	n     int
}
var sink [goroutines][16]int

func hammer(id int, wg *sync.WaitGroup) {
	sum := 0
	for i := int32(0); i < rounds; i++ {
		if i%1000 == 0 {
			shared.mutex.Lock()
			shared.n++
			shared.mutex.Unlock()
		} else {
			shared.mutex.RLock()
			sum += shared.n
			shared.mutex.RUnlock()
		}
	}
	sink[id][0] = sum
	wg.Done()
}

func main() {
	var wg sync.WaitGroup
	start := seconds()
	wg.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go hammer(i, &wg)
	}
	wg.Wait()
	report(start, goroutines*rounds)
}
