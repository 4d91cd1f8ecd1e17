// Four goroutines want one mutex all the time, each with a little work of its own in between: one lock and unlock.
package main

import "sync"

const (
	goroutines = 4
	rounds     = 1000000
)

var shared struct {
	mutex sync.Mutex
	n     int
}
var sink [goroutines][16]uint64

func hammer(id int, wg *sync.WaitGroup) {
	x := uint64(id) + 1
	for i := int32(0); i < rounds; i++ {
		shared.mutex.Lock()
		shared.n++
		shared.mutex.Unlock()
		for k := int32(0); k < 4; k++ {
			x = (x ^ x>>12) * 0x2545f4914f6cdd1d
		}
	}
	sink[id][0] = x
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
	if shared.n != goroutines*rounds {
		panic("lost")
	}
}
