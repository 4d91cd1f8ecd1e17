// A cache in the manner of a linked hash map, of 10 million objects; see cache.gc.
package main

type value struct {
	words [3]int64
	self  *value
}
type entry struct {
	chain, newer, older *entry
	value               *value
	key                 uint64
}

const (
	entries = 5000000
	lookups = 10000000
	buckets = 1 << 23
)

type table struct {
	bucket [buckets]*entry
	count  int
}

var (
	cache          *table
	newest, oldest *entry
)

func bucket(key uint64) **entry { return &cache.bucket[key*0x9e3779b97f4a7c15>>(64-23)] }

func unlinkUse(e *entry) {
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		newest = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		oldest = e.newer
	}
}

func linkUse(e *entry) {
	e.newer = nil
	e.older = newest
	if newest != nil {
		newest.newer = e
	} else {
		oldest = e
	}
	newest = e
}

func find(key uint64) *entry {
	e := *bucket(key)
	for e != nil && e.key != key {
		e = e.chain
	}
	return e
}

func evict() {
	e := oldest
	at := bucket(e.key)
	for *at != e {
		at = &(*at).chain
	}
	*at = e.chain
	unlinkUse(e)
	cache.count--
}

func insert(key uint64) {
	e := new(entry)
	at := bucket(key)
	v := new(value)
	v.words[0] = int64(key)
	v.self = v
	e.key = key
	e.value = v
	e.chain = *at
	*at = e
	linkUse(e)
	cache.count++
}

func lookup(key uint64, limit int) uint64 {
	e := find(key)
	if e == nil {
		if cache.count >= limit {
			evict()
		}
		insert(key)
		return 1
	}
	unlinkUse(e)
	linkUse(e)
	return uint64(e.value.words[0])
}

func main() {
	limit, n := scaled(entries), scaled(lookups)
	random := uint64(1)
	var sum uint64
	start := seconds()
	cache = new(table)
	for cache.count < limit {
		key := chance(&random) >> 11 & 0xffffffffffff
		key %= uint64(limit) * 2
		if find(key) == nil {
			insert(key)
		}
	}
	measured("fill", (seconds()-start)*1e3)
	for i := 0; i < n; i++ {
		key := chance(&random) >> 11 & 0xffffffffffff
		sum += lookup(key%(uint64(limit)*2), limit)
	}
	measured("time", (seconds()-start)*1e3)
	checked(sum)
	measurePeak()
}
