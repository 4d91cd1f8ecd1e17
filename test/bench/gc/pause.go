// Pauses with a heap of 1 GiB and 10,000 goroutines; see pause.gc.
package main

import (
	"runtime"
	"sort"
	"sync/atomic"
	"time"
)

type node struct {
	left, right *node
	words       [5]int64
	last        int64
}

const (
	treeCount  = 256
	depth      = 15
	goroutines = 10000
	cycles     = 25
)

var (
	trees      [treeCount]*node
	gap        int64
	stop       int32
	gate, done chan int32
)

func build(depth int) *node {
	n := new(node)
	if depth != 0 {
		n.left = build(depth - 1)
		n.right = build(depth - 1)
	}
	return n
}

func waitWithObject() {
	n := build(0)
	n.words[0] = int64(<-gate)
	trees[0] = n
}

func replace(n int) {
	random := uint64(7)
	for atomic.LoadInt32(&stop) == 0 {
		trees[chance(&random)>>40&uint64(n-1)] = build(depth)
		runtime.Gosched()
	}
	done <- 1
}

func probe() {
	last := time.Now()
	for atomic.LoadInt32(&stop) == 0 {
		now := time.Now()
		if d := int64(now.Sub(last)); d > atomic.LoadInt64(&gap) {
			atomic.StoreInt64(&gap, d)
		}
		last = now
	}
	done <- 1
}

func percentile(v []float64, percent int) float64 {
	sort.Float64s(v)
	return v[(len(v)*percent+99)/100-1]
}

func main() {
	var m runtime.MemStats
	var pauses, gaps [cycles]float64
	n := treeCount
	for n > scaled(treeCount) {
		n /= 2
	}
	gate, done = make(chan int32), make(chan int32)
	for i := 0; i < n; i++ {
		trees[i] = build(depth)
	}
	for i, count := 0, scaled(goroutines); i < count; i++ {
		go waitWithObject()
	}
	runtime.GC()
	go replace(n)
	go probe()
	for i := range pauses {
		atomic.StoreInt64(&gap, 0)
		runtime.GC()
		gaps[i] = float64(atomic.LoadInt64(&gap)) / 1e3
		runtime.ReadMemStats(&m)
		pauses[i] = float64(m.PauseNs[(m.NumGC+255)%256]) / 1e3
	}
	atomic.StoreInt32(&stop, 1)
	<-done
	<-done
	measured("pause", percentile(pauses[:], 99))
	measured("gap", percentile(gaps[:], 99))
	measured("gap-median", percentile(gaps[:], 50))
	measurePeak()
}
