// Two goroutines wait for each other's turn at one condition: one turn.
package main

import "sync"

const turns = 1000000

var mutex sync.Mutex
var changed *sync.Cond
var turn int32

func play(me int32, wg *sync.WaitGroup) {
	mutex.Lock()
	for i := int32(0); i < turns; i++ {
		for turn != me {
			changed.Wait()
		}
		turn = 1 - me
		changed.Signal()
	}
	mutex.Unlock()
	wg.Done()
}

func main() {
	var wg sync.WaitGroup
	changed = sync.NewCond(&mutex)
	start := seconds()
	wg.Add(2)
	go play(0, &wg)
	go play(1, &wg)
	wg.Wait()
	report(start, 2*turns)
}
