// Binary trees of depth 18; see trees.gc.
package main

type tree struct{ left, right *tree }

func build(depth int) *tree {
	t := new(tree)
	if depth != 0 {
		t.left = build(depth - 1)
		t.right = build(depth - 1)
	}
	return t
}

func count(t *tree) uint64 {
	if t.left != nil {
		return 1 + count(t.left) + count(t.right)
	}
	return 1
}

var longLived *tree

func main() {
	depth := 18
	for depth > 6 && 1<<depth > scaled(1<<18) {
		depth--
	}
	var sum uint64
	start := seconds()
	sum += count(build(depth + 1))
	longLived = build(depth)
	for d := 4; d <= depth; d += 2 {
		for i, n := 0, 1<<(depth-d+4); i < n; i++ {
			sum += count(build(d))
		}
	}
	sum += count(longLived)
	measured("time", (seconds()-start)*1e3)
	checked(sum)
	measurePeak()
}
