// Ten goroutines are started and waited for, again and again: one goroutine.
package main

import "sync"

const (
	goroutines = 10
	rounds     = 200000
)

func job(wg *sync.WaitGroup) { wg.Done() }

func main() {
	var wg sync.WaitGroup
	start := seconds()
	for i := int32(0); i < rounds; i++ {
		wg.Add(goroutines)
		for k := int32(0); k < goroutines; k++ {
			go job(&wg)
		}
		wg.Wait()
	}
	report(start, goroutines*rounds)
}
