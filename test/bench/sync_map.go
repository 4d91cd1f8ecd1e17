// Two goroutines look up 1,024 keys of a concurrent map, and store in one of sixteen operations: one operation.
package main

import "sync"

const (
	goroutines = 2
	keyCount   = 1024
	rounds     = 5000000
)

var table sync.Map
var keys, values [keyCount]int
var sink [goroutines][16]int

func hammer(id int, wg *sync.WaitGroup) {
	sum := 0
	for i := 0; i < rounds; i++ {
		k := (i*7 + id) % keyCount
		if i%16 == 0 {
			table.Store(&keys[k], &values[i%keyCount])
		} else if value, ok := table.Load(&keys[k]); ok {
			sum += *value.(*int)
		}
	}
	sink[id][0] = sum
	wg.Done()
}

func main() {
	var wg sync.WaitGroup
	for k := range keys {
		values[k] = k
		table.Store(&keys[k], &values[k])
	}
	start := seconds()
	wg.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go hammer(i, &wg)
	}
	wg.Wait()
	report(start, goroutines*rounds)
}
