// Eight goroutines, of which others always wait for the processor: each works on its own memory or, one time in four, locks one mutex, and
// then waits for a goroutine of its own: one turn.
package main

import "sync"

const (
	goroutines = 8
	rounds     = 60000
	words      = 4096
)

var shared struct {
	mutex    sync.Mutex
	from, to int
}
var data [goroutines][words]uint64

func hammer(own *[words]uint64, wg *sync.WaitGroup) {
	turn := make(chan bool)
	for i := int32(0); i < rounds; i++ {
		if i%4 == 0 {
			shared.mutex.Lock()
			shared.from -= 100
			shared.to += 100
			shared.mutex.Unlock()
		} else {
			for k := 0; k < words; k += 4 {
				own[k]++
			}
		}
		go func() { turn <- true }()
		<-turn
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
	if shared.to != 100*goroutines*rounds/4 {
		panic("lost")
	}
}
