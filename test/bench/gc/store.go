// A store of a pointer into an object of the heap, while no collection runs; see store.gc.
package main

import "runtime/debug"

type item struct{ id int64 }
type table struct{ slot [1024]*item }

var slots *table

//go:noinline
func shuffle(t *table, random uint64, n int) {
	for i := 0; i < n; i++ {
		r := chance(&random)
		t.slot[r>>54] = t.slot[r>>44&1023]
	}
}

func main() {
	n := scaled(200000000)
	var total uint64
	debug.SetGCPercent(-1)
	slots = new(table)
	for i := range slots.slot {
		slots.slot[i] = &item{int64(i)}
	}
	shuffle(slots, 5, n/10)
	start := seconds()
	shuffle(slots, 9, n)
	measured("time", (seconds()-start)*1e9/float64(n))
	for i := range slots.slot {
		total = total*31 + uint64(slots.slot[i].id)
	}
	checked(total)
}
