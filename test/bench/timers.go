// Timers: NAME of the work as argument, see work; timers.gc is its equal. Nanoseconds per operation, but for `memory` (bytes per
// pending timer), `late` (microseconds, the 99th percentile) and `idle` (the median).
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const million = 1000000
const batch = 1000

var all chan struct{}
var count atomic.Int64

func nothing() {}
func counted() {
	if count.Add(-1) == 0 {
		all <- struct{}{}
	}
}

// A timer with a channel that nobody waits on.
func stop() {
	const n = 3000000
	start := seconds()
	for i := 0; i < n; i++ {
		time.NewTimer(time.Second).Stop()
	}
	report(start, n)
}

func startStop() {
	const n = 2000
	var timers [batch]*time.Timer
	start := seconds()
	for j := 0; j < n; j++ {
		for i := range timers {
			timers[i] = time.AfterFunc(time.Hour, nothing)
		}
		for i := range timers {
			timers[i].Stop()
		}
	}
	report(start, n*batch)
}

func reset() {
	const n = 5000000
	t := time.AfterFunc(time.Hour, nothing)
	start := seconds()
	for i := 0; i < n; i++ {
		t.Reset(time.Hour)
	}
	report(start, n)
}

func after() {
	const n = 300000
	start := seconds()
	for i := 0; i < n; i++ {
		<-time.After(1)
	}
	report(start, n)
}

// A thousand functions at one time.
func functions() {
	const n = 500
	all = make(chan struct{})
	start := seconds()
	for j := 0; j < n; j++ {
		count.Store(batch)
		for i := 0; i < batch; i++ {
			time.AfterFunc(0, counted)
		}
		<-all
	}
	report(start, n*batch)
}

// A function that sets the next.
func again() {
	if count.Add(-1) > 0 {
		time.AfterFunc(0, again)
	} else {
		all <- struct{}{}
	}
}
func chain() {
	const n = 300000
	all = make(chan struct{})
	count.Store(n)
	start := seconds()
	time.AfterFunc(0, again)
	<-all
	report(start, n)
}

var pending [million]*time.Timer
var state uint64 = 1

func someTime() time.Duration {
	state = state*6364136223846793005 + 1442695040888963407
	return time.Hour + time.Duration(state>>24)
}
func fill() {
	for i := range pending {
		pending[i] = time.AfterFunc(someTime(), nothing)
	}
}

func millionStart() {
	start := seconds()
	fill()
	report(start, million)
}

// While a million others are pending: one is set anew; one is stopped, and another started.
func millionReset() {
	fill()
	start := seconds()
	for i := 0; i < million; i++ {
		pending[i*7919%million].Reset(someTime())
	}
	report(start, million)
}
func millionStop() {
	fill()
	start := seconds()
	for i := 0; i < million; i++ {
		pending[i*7919%million].Stop()
		pending[i*7919%million] = time.AfterFunc(someTime(), nothing)
	}
	report(start, million)
}

func resident() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, _ := strconv.Atoi(strings.Fields(rest)[0])
	return float64(kib) * 1024
}
func memory() {
	t := new(time.Timer)
	for i := range pending {
		pending[i] = t // the pages of the table
	}
	runtime.GC()
	before := resident()
	fill()
	fmt.Printf("%.1f\n", (resident()-before)/million)
}

// A ticker of a millisecond beside goroutines that work 20 us at a time, two for each processor.
func late() {
	const ticks = 2000
	var lateness [ticks]int
	for i := 0; i < 2*runtime.GOMAXPROCS(0); i++ {
		go func() {
			for {
				for start := time.Now(); time.Since(start) < 20*time.Microsecond; {
				}
				runtime.Gosched()
			}
		}()
	}
	t := time.NewTicker(time.Millisecond)
	for i := range lateness {
		due := <-t.C
		lateness[i] = int(time.Since(due))
	}
	sort.Ints(lateness[:])
	fmt.Printf("%.1f\n", float64(lateness[ticks*99/100])/1000)
}

// Sleeps of a millisecond while nothing else happens: the median of what they last longer.
func idle() {
	const sleeps = 500
	var lateness [sleeps]int
	for i := range lateness {
		start := time.Now()
		time.Sleep(time.Millisecond)
		lateness[i] = int(time.Since(start) - time.Millisecond)
	}
	sort.Ints(lateness[:])
	fmt.Printf("%.1f\n", float64(lateness[sleeps/2])/1000)
}

func main() {
	work := map[string]func(){
		"stop": stop, "start-stop": startStop, "reset": reset, "after": after, "functions": functions, "chain": chain,
		"million-start": millionStart, "million-reset": millionReset, "million-stop": millionStop, "memory": memory, "late": late,
		"idle": idle,
	}
	work[os.Args[1]]()
}
