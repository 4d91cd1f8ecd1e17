// map.c - <go/sync.h>: a map for many goroutines, whose loads take no lock.
//
// A trie over the hashed key, 4 bits a level. The hash is a permutation of all words, so no two keys
// share one, and a key is told by its entry alone. A slot of a node is empty, or an entry, or a node
// below. Readers only follow pointers; that what they stand on is not freed is the collector's
// doing. Writers lock the one node whose slot they change.
//   1. A slot changes under its node's lock, while the node is not dead. A dead node is empty for
//      good, and out of its parent's slot: a writer that finds one starts anew at the root.
//   2. An entry's key never changes, and it moves only downwards, when a second key comes to its
//      slot: the nodes between are made beforehand, and linked by one store. So at every moment
//      each key is on the one path that its hash names.
//   3. An entry's value changes by CAS, without a lock, until it is DELETED, which is the moment of
//      deletion; only then the entry leaves its slot. Who meets a DELETED one takes it for absent,
//      and may replace it in the slot.
//   4. A node that becomes empty, but for the root, is declared dead under its own lock and its
//      parent's, which is taken second: locks go upwards.
//   5. Clearing is a new root. Who still works below the old one has done so before the clearing.
//   6. A lock is held with suspension held off; while it is held nothing is allocated.
// As in Go's HashTrieMap, but for values, which there are not exchanged in place, and collisions.
// Rejected: never removing nodes, which would need no locks: a map whose keys keep changing would
// grow for ever.
#include "sync/sync.h"

#include "base/abi.h"
#include "sched/suspend.h"

enum { LEVEL_BITS = 4,
       FANOUT = 1 << LEVEL_BITS };

typedef struct Entry {
    uintptr_t is_entry; // (c) 1; where a node has 0
    const void *key;    // (c)
    void *value;        // (a) DELETED: gone for good
} Entry;

typedef struct Node {
    uintptr_t is_entry; // (c) 0
    struct Node *up;    // (c) NULL: the root
    SpinLock lock;
    bool dead;          // under lock
    uint32_t shift;     // (c) of the hash, for this level's bits
    void *slot[FANOUT]; // (a) NULL, Entry or Node; written under lock
} Node;

static const char deleted_mark;
#define DELETED ((void *)&deleted_mark)

// Murmur3's finalizer: each step can be undone.
static uint64_t hash_of(const void *key) {
    uint64_t h = (uint64_t)(uintptr_t)key;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

static inline void **slot_of(Node *n, uint64_t hash) {
    return &n->slot[hash >> n->shift & (FANOUT - 1)];
}

static inline bool is_entry(const void *what) { return *(const uintptr_t *)what; }

// ---- what the collector is told -----------------------------------------------------------------

static inline void tell(Machine *m, const void *before, const void *after) {
    gort_assert(m->nosuspend);
    if (likely(!go__gc_marking)) return;
    grey_word(&m->grey, (uintptr_t)before);
    grey_word(&m->grey, (uintptr_t)after);
}

// A CAS of a pointer that others read.
static bool change(void **at, void *before, void *after) {
    Machine *m = machine_current();
    suspend_hold(m);
    tell(m, before, after);
    bool done = cas_acq_rel(at, before, after);
    suspend_allow(m);
    return done;
}

// A slot's; its node is locked.
static void slot_store(Machine *m, void **slot, void *what) {
    tell(m, *slot, what);
    sanitize_release(slot);
    store_release(slot, what); // pairs with the reads on the way down
}

static void give_back(void **to, void *value) {
    if (to) go__gc_store(to, value); // perhaps a global
}

// ---- going down ---------------------------------------------------------------------------------

// Where the path of a hash ends: a slot that is empty, or has an entry, perhaps of another key.
typedef struct Place {
    Node *node;
    void **slot;
    Entry *entry; // what was in the slot, or NULL
} Place;

static bool descend(const go_sync_map *m, uint64_t hash, Place *out) {
    for (Node *n = load_acquire((Node *const *)&m->root); n;) {
        void **slot = slot_of(n, hash), *what = load_acquire(slot);
        if (!what || is_entry(what)) {
            *out = (Place){n, slot, what};
            return true;
        }
        n = what;
    }
    return false;
}

// The entry of the key and its value; NULL: not in.
static Entry *find(const go_sync_map *m, const void *key, void **value) {
    Place at;
    machine_current();
    if (!descend(m, hash_of(key), &at)) return NULL;
    sanitize_acquire(at.slot);
    if (!at.entry || at.entry->key != key) return NULL;
    *value = load_acquire(&at.entry->value);
    sanitize_acquire(at.entry);
    return *value == DELETED ? NULL : at.entry;
}

// ---- making -------------------------------------------------------------------------------------

static Node *node_new(Node *up, uint32_t shift) {
    Node *n = gort_new(sizeof *n, 16, &go__layout_any);
    go__gc_store(&n->up, up);
    n->shift = shift;
    return n;
}

static Entry *entry_new(const void *key, void *value) {
    Entry *e = gort_new(sizeof *e, 16, &go__layout_any);
    e->is_entry = 1;
    go__gc_store(&e->key, key);
    go__gc_store(&e->value, value);
    sanitize_release(e);
    return e;
}

// The two entries, and as many nodes as it takes until their paths part; to be put where `old` is.
static void *branch_new(Node *up, Entry *old, Entry *fresh) {
    uint64_t a = hash_of(old->key), b = hash_of(fresh->key);
    Node *top = NULL, *n = up;
    do {
        gort_check(n->shift > 0 && "different keys have different hashes");
        Node *below = node_new(n, n->shift - LEVEL_BITS);
        if (top)
            go__gc_store(slot_of(n, a), below);
        else
            top = below;
        n = below;
    } while (slot_of(n, a) == slot_of(n, b));
    go__gc_store(slot_of(n, a), old);
    go__gc_store(slot_of(n, b), fresh);
    return top;
}

static void root_make(go_sync_map *m) { change(&m->root, NULL, node_new(NULL, 64 - LEVEL_BITS)); }

// Puts `what` where `at` says; false: something has changed there.
static bool link(const Place *at, void *what) {
    Machine *m = machine_current();
    suspend_hold(m);
    spin_lock(&at->node->lock, RANK_MAP);
    bool valid = !at->node->dead && load_relaxed(at->slot) == at->entry;
    if (valid) slot_store(m, at->slot, what);
    spin_unlock(&at->node->lock, RANK_MAP);
    suspend_allow(m);
    return valid;
}

// One attempt at putting an absent key in; `at` is where its path ends.
static bool insert(const Place *at, Entry *fresh) {
    jitter();
    Entry *old = at->entry;
    bool other = old && old->key != fresh->key;
    return link(at, other ? branch_new(at->node, old, fresh) : fresh);
}

// ---- taking out ---------------------------------------------------------------------------------

static bool node_is_empty(const Node *n) {
    for (int i = 0; i < FANOUT; i++)
        if (n->slot[i]) return false;
    return true;
}

// The node is locked; it comes back unlocked. It, and what is above it, goes if it is empty.
static void prune(Machine *m, Node *n, uint64_t hash) {
    while (n->up && node_is_empty(n)) {
        Node *up = n->up;
        spin_lock(&up->lock, RANK_MAP);
        gort_assert(!up->dead && load_relaxed(slot_of(up, hash)) == n);
        n->dead = true;
        slot_store(m, slot_of(up, hash), NULL);
        spin_unlock(&n->lock, RANK_MAP);
        n = up;
    }
    spin_unlock(&n->lock, RANK_MAP);
}

// Takes a DELETED entry out of its slot, if it is there still.
static void unlink(const go_sync_map *map, const Entry *e) {
    uint64_t hash = hash_of(e->key);
    for (Place at; descend(map, hash, &at) && at.entry == e;) {
        Machine *m = machine_current();
        suspend_hold(m);
        spin_lock(&at.node->lock, RANK_MAP);
        bool valid = !at.node->dead && load_relaxed(at.slot) == e;
        if (valid) {
            slot_store(m, at.slot, NULL);
            prune(m, at.node, hash);
        } else {
            spin_unlock(&at.node->lock, RANK_MAP);
        }
        suspend_allow(m);
        if (valid) return;
    }
}

// ---- the operations -----------------------------------------------------------------------------

bool go_sync_map_load(const go_sync_map *m, const void *key, void **value) {
    void *v;
    bool in = find(m, key, &v) != NULL;
    give_back(value, in ? v : NULL);
    return in;
}

// Exchanges the value of an entry that is in; false: it is DELETED.
static bool entry_swap(Entry *e, void *value, void **previous) {
    sanitize_release(e);
    for (;;) {
        void *before = load_acquire(&e->value);
        if (before == DELETED) return false;
        if (!change(&e->value, before, value)) continue;
        sanitize_acquire(e);
        *previous = before;
        return true;
    }
}

// Has an entry with this value for the key. True: there was one, *previous is its value: with
// `replace` it has the new one now.
static bool put(go_sync_map *m, const void *key, void *value, bool replace, void **previous) {
    Entry *fresh = NULL;
    preemption_point();
    for (;;) {
        Entry *e = find(m, key, previous);
        if (e && (!replace || entry_swap(e, value, previous))) return true;
        if (!fresh) fresh = entry_new(key, value);
        Place at;
        if (!descend(m, hash_of(key), &at)) {
            root_make(m);
            continue;
        }
        // In, after all?
        if (at.entry && at.entry->key == key && load_acquire(&at.entry->value) != DELETED) continue;
        *previous = NULL;
        if (insert(&at, fresh)) return false;
    }
}

void go_sync_map_store(go_sync_map *m, const void *key, void *value) {
    void *previous;
    put(m, key, value, true, &previous);
}

bool go_sync_map_swap(go_sync_map *m, const void *key, void *value, void **previous) {
    void *before;
    bool in = put(m, key, value, true, &before);
    give_back(previous, before);
    return in;
}

bool go_sync_map_load_or_store(go_sync_map *m, const void *key, void *value, void **actual) {
    void *before;
    bool in = put(m, key, value, false, &before);
    give_back(actual, in ? before : value);
    return in;
}

bool go_sync_map_load_and_delete(go_sync_map *m, const void *key, void **value) {
    void *before = NULL;
    preemption_point();
    Entry *e = find(m, key, &before);
    bool in = e && entry_swap(e, DELETED, &before);
    if (in) unlink(m, e);
    give_back(value, in ? before : NULL);
    return in;
}

void go_sync_map_delete(go_sync_map *m, const void *key) {
    go_sync_map_load_and_delete(m, key, NULL);
}

static bool compare_and_change(go_sync_map *m, const void *key, void *old, void *value) {
    void *before;
    preemption_point();
    Entry *e = find(m, key, &before);
    if (!e || before != old) return false;
    sanitize_release(e);
    if (!change(&e->value, old, value)) return false;
    if (value == DELETED) unlink(m, e);
    return true;
}

bool go_sync_map_compare_and_swap(go_sync_map *m, const void *key, void *old, void *value) {
    return compare_and_change(m, key, old, value);
}

bool go_sync_map_compare_and_delete(go_sync_map *m, const void *key, void *old) {
    return compare_and_change(m, key, old, DELETED);
}

// ---- all of them --------------------------------------------------------------------------------

typedef bool Visit(const void *key, void *value, void *arg);

static bool visit(Entry *e, Visit *fn, void *arg) {
    void *value = load_acquire(&e->value);
    if (value == DELETED) return true;
    sanitize_acquire(e);
    return fn(e->key, value, arg);
}

// At most 16 deep. Each slot is looked at once, so a key that moves down is not met twice.
static bool node_range(Node *n, Visit *fn, void *arg) {
    for (int i = 0; i < FANOUT; i++) {
        void *what = load_acquire(&n->slot[i]);
        if (!what) continue;
        sanitize_acquire(&n->slot[i]);
        if (!(is_entry(what) ? visit(what, fn, arg) : node_range(what, fn, arg))) return false;
    }
    return true;
}

void go_sync_map_range(const go_sync_map *m, Visit *fn, void *arg) {
    machine_current();
    Node *root = load_acquire((Node *const *)&m->root);
    if (root) node_range(root, fn, arg);
}

void go_sync_map_clear(go_sync_map *m) {
    machine_current();
    for (void *root; (root = load_acquire(&m->root)) != NULL;)
        if (change(&m->root, root, NULL)) return;
}
