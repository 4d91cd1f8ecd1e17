// Allocation: objects of one size, without pointers (8 ... 32768) or with (16p, 32p); see alloc.gc.
package main

import (
	"os"
	"runtime"
)

type s8 struct{ last int64 }
type s16 struct{ a, last int64 }
type s32 struct{ a, b, c, last int64 }
type s128 struct {
	body [120]byte
	last int64
}
type s1024 struct {
	body [1016]byte
	last int64
}
type s32768 struct {
	body [32760]byte
	last int64
}
type s16p struct{ p, q *s16p }
type s32p struct {
	p, q    *s32p
	a, last int64
}

var (
	sink8     *s8
	sink16    *s16
	sink32    *s32
	sink128   *s128
	sink1024  *s1024
	sink32768 *s32768
	sink16p   *s16p
	sink32p   *s32p
)

func alloc8(n int) {
	for i := 0; i < n; i++ {
		p := new(s8)
		p.last = int64(i)
		sink8 = p
	}
}
func alloc16(n int) {
	for i := 0; i < n; i++ {
		p := new(s16)
		p.last = int64(i)
		sink16 = p
	}
}
func alloc32(n int) {
	for i := 0; i < n; i++ {
		p := new(s32)
		p.last = int64(i)
		sink32 = p
	}
}
func alloc128(n int) {
	for i := 0; i < n; i++ {
		p := new(s128)
		p.last = int64(i)
		sink128 = p
	}
}
func alloc1024(n int) {
	for i := 0; i < n; i++ {
		p := new(s1024)
		p.last = int64(i)
		sink1024 = p
	}
}
func alloc32768(n int) {
	for i := 0; i < n; i++ {
		p := new(s32768)
		p.last = int64(i)
		sink32768 = p
	}
}
func alloc16p(n int) {
	for i := 0; i < n; i++ {
		p := new(s16p)
		p.p = p
		sink16p = p
	}
}
func alloc32p(n int) {
	for i := 0; i < n; i++ {
		p := new(s32p)
		p.p = p
		sink32p = p
	}
}

func allocParallel(n int) {
	procs := runtime.GOMAXPROCS(0)
	done := make(chan int32)
	for i := 0; i < procs; i++ {
		go func() {
			var keep *s16p
			for j := 0; j < n/procs; j++ {
				p := new(s16p)
				p.p = keep
				if j%1000 != 0 {
					keep = p
				} else {
					keep = nil
				}
			}
			if keep != nil {
				done <- 1
			} else {
				done <- 0
			}
		}()
	}
	for i := 0; i < procs; i++ {
		<-done
	}
}

func main() {
	kinds := []struct {
		name string
		run  func(int)
		n    int
	}{
		{"8", alloc8, 30000000}, {"16", alloc16, 30000000}, {"16p", alloc16p, 30000000}, {"32", alloc32, 20000000},
		{"32p", alloc32p, 20000000}, {"128", alloc128, 8000000}, {"1024", alloc1024, 1500000},
		{"32768", alloc32768, 100000}, {"parallel", allocParallel, 30000000},
	}
	for _, k := range kinds {
		if len(os.Args) > 1 && os.Args[1] == k.name {
			n := scaled(k.n)
			k.run(n / 10)
			start := seconds()
			k.run(n)
			measured("time", (seconds()-start)*1e9/float64(n))
			return
		}
	}
	os.Exit(2)
}
