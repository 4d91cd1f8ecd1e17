// A program that lives by its memory limit; see limit.gc.
package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

type small struct {
	words [3]int64
	next  *small
}
type medium struct {
	words [31]int64
	first *small
}
type large struct {
	words [255]int64
	first *medium
}

const (
	limit  = 64 << 20
	places = 8192
	steps  = 1500000
)

type table struct{ at [places]*large }

var held atomic.Int64

func look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	now := int64(m.Sys-m.HeapReleased) >> 10
	for {
		before := held.Load()
		if now <= before || held.CompareAndSwap(before, now) {
			return
		}
	}
}

func work(random uint64, steps, places int) uint64 {
	t := new(table)
	var sum uint64
	for i := 0; i < steps; i++ {
		l := new(large)
		at := int(chance(&random)>>33) % places
		l.first = new(medium)
		for n := at % 8; n > 0; n-- {
			s := new(small)
			s.next = l.first.first
			l.first.first = s
		}
		l.words[0] = int64(i)
		if t.at[at] != nil {
			sum += uint64(t.at[at].words[0])
		}
		t.at[at] = l
		if random%1024 == 0 {
			look()
		}
	}
	return sum
}

func main() {
	steps, places := scaled(steps), scaled(places/2)
	var sum uint64
	done := make(chan uint64)
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(limit)
	start := seconds()
	for i := uint64(0); i < 2; i++ {
		go func() { done <- work(i, steps/2, places) }()
	}
	for i := 0; i < 2; i++ {
		sum += <-done
	}
	measured("time", (seconds()-start)*1e3)
	measured("held", float64(held.Load()))
	checked(sum)
	measurePeak()
}
