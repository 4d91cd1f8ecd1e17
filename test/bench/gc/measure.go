// What the benchmarks of the collector share; measure.h is its equal in C.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

var zero = time.Now()

func seconds() float64 { return time.Since(zero).Seconds() }

func scaled(n int) int {
	divide, _ := strconv.Atoi(os.Getenv("BENCH_DIVIDE"))
	if divide > 1 {
		return n/divide + 1
	}
	return n
}

func measured(metric string, value float64) { fmt.Printf("%s %.4f\n", metric, value) }

func checked(value uint64) { fmt.Printf("check %d\n", value) }

// Peak of resident memory, KiB.
func measurePeak() {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if fields := strings.Fields(s.Text()); fields[0] == "VmHWM:" {
			kib, _ := strconv.ParseFloat(fields[1], 64)
			measured("peak", kib)
		}
	}
}

func chance(state *uint64) uint64 {
	*state = *state*6364136223846793005 + 1442695040888963407
	return *state
}
