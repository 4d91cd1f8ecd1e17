// Four items are taken out of a pool, filled, and put back: one get and put.
package main

import "sync"

const (
	rounds = 10000000
	items  = 4
)

type buffer struct {
	used  int
	bytes [504]byte
}

var pool = sync.Pool{New: func() any { return new(buffer) }}

func main() {
	start := seconds()
	for i := int32(0); i < rounds; i++ {
		var b [items]*buffer
		for k := range b {
			b[k] = pool.Get().(*buffer)
			b[k].used = int(i)
		}
		for k := range b {
			pool.Put(b[k])
		}
	}
	report(start, items*rounds)
}
