// Nothing escapes; see noescape.gc.
package main

type vector struct{ x, y, z float64 }
type cell struct {
	next  *cell
	value int64
}

//go:noinline
func cross(a, b, out *vector) {
	out.x = a.y*b.z - a.z*b.y
	out.y = a.z*b.x - a.x*b.z
	out.z = a.x*b.y - a.y*b.x
}

//go:noinline
func add(a, b, out *vector) {
	out.x = a.x + b.x
	out.y = a.y + b.y
	out.z = a.z + b.z
}

//go:noinline
func sort(v []int64) {
	for i := 1; i < len(v); i++ {
		t, j := v[i], i
		for ; j > 0 && v[j-1] > t; j-- {
			v[j] = v[j-1]
		}
		v[j] = t
	}
}

//go:noinline
func sum(c *cell) int64 {
	var s int64
	for ; c != nil; c = c.next {
		s += c.value
	}
	return s
}

//go:noinline
func turn(random *uint64) uint64 {
	a := vector{float64(chance(random) >> 40), 2, 3}
	b := vector{4, float64(chance(random) >> 40), 6}
	product, total := new(vector), new(vector)
	var numbers [8]int64
	for i := range numbers {
		numbers[i] = int64(chance(random) >> 50)
	}
	cross(&a, &b, product)
	add(product, &a, total)
	sort(numbers[:])
	third := cell{nil, numbers[2]}
	second := cell{&third, numbers[4]}
	first := cell{&second, int64(total.z)}
	return uint64(sum(&first))
}

func main() {
	random := uint64(3)
	var total uint64
	n := scaled(10000000)
	start := seconds()
	for i := 0; i < n; i++ {
		total += turn(&random)
	}
	measured("time", (seconds()-start)*1e9/float64(n))
	checked(total)
}
