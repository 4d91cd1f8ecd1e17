// Four goroutines lock one mutex for a moment, and work for a few microseconds on their own memory in between: one lock and unlock.
package main

import "sync"

const (
	goroutines = 4
	rounds     = 60000
	words      = 16384
)

var shared struct {
	mutex    sync.Mutex
	from, to int
}
var data [goroutines][words]uint64

func hammer(own *[words]uint64, wg *sync.WaitGroup) {
	for i := int32(0); i < rounds; i++ {
		shared.mutex.Lock()
		shared.from -= 100
		shared.to += 100
		shared.mutex.Unlock()
		for k := 0; k < words; k += 4 {
			own[k]++
		}
	}
	wg.Done()
}

func main() {
	var wg sync.WaitGroup
	start := seconds()
	wg.Add(goroutines)
	for i := range data {
		go hammer(&data[i], &wg)
	}
	wg.Wait()
	report(start, goroutines*rounds)
	if shared.to != 100*goroutines*rounds {
		panic("lost")
	}
}
