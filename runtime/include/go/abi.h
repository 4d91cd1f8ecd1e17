// go/abi.h - what generated code calls; nothing here is for people to write by hand.
//
// The translator and the runtime meet here and nowhere else. Each group names the file of the
// translator that emits it. Every name starts with `go__`. The declarations are plain C11, because
// the translator copies this file (without its comments) to the head of every unit that it rewrites, and both gcc and
// libclang parse it there; it must not include anything.
#ifndef GO_ABI_H
#define GO_ABI_H
#define GO__ABI 1      // grows when what is below changes: C files made by gocc --emit-c ask for theirs
#ifdef __cplusplus
extern "C" {
#define _Bool bool     // as <stdbool.h> does in C++
#endif

// ---- layouts (lower_layout.c) --------------------------------------------------------------------
// Where pointers lie in one element of an allocation, word by word; an object of several elements repeats it. No layout (NULL): no
// pointers. A word may hold a pointer if it belongs to a pointer or channel, to an `any`, to a uintptr_t or intptr_t, or to a union
// with such a member; the collector looks at each of them with the same distrust.
#ifndef __cplusplus    // which has no such arrays, and does not look inside
struct go__layout {
    unsigned words;          // 8-byte words of one element, at least 1
    unsigned long mask[];    // bit i % 64 of mask[i / 64]: word i may hold a pointer
};
#endif
extern const struct go__layout go__layout_any;   // every word may be a pointer: what a layout cannot say

// ---- types and values (lower_panic.c) ----------------------------------------------------------
// The descriptor of a C type, emitted as a static constant by each unit that boxes a value of it. Two
// descriptors mean the same type when their `id` texts are equal; `name` is the type as its user wrote it.
enum go__kind {
    GO__BOOL = 1, GO__INT, GO__UINT, GO__FLOAT, GO__COMPLEX, GO__STRING, GO__POINTER, GO__STRUCT,
    GO__UNION, GO__ENUM, GO__CHAN, GO__FUNC, GO__ERROR, GO__RUNTIME_ERROR
};
struct go_type {
    const char *name;      // as written: "int", "size_t", "struct job *"; what messages print
    const char *id;        // canonical identity, equal for equal types in all units
    unsigned long size;    // bytes
    unsigned char align;   // bytes
    unsigned char kind;    // enum go__kind
    unsigned char named;   // 1: a typedef of an arithmetic or string type; prints as name(value)
    const struct go__layout *layout;   // of a value
};
struct go_any { const struct go_type *type; void *data; };   // data points at a private copy of the value

// ---- memory (lower_heap.c) ----------------------------------------------------------------------
// Zeroed memory for one object that may outlive the frame; never NULL (out of memory is fatal). A pointer to one past the end of an
// array keeps it alive, too, if `size` has one byte more than the array.
void *go__new(unsigned long size, unsigned long align, const struct go__layout *layout);
// The same, filled with the bytes at `from`: the home of a variable that has just been initialised, and
// of the fresh copy that each iteration of a loop gets.
void *go__new_copy(const void *from, unsigned long size, unsigned long align, const struct go__layout *layout);

// ---- stores of pointers (lower_barrier.c) -------------------------------------------------------
// While the collector marks, it must be told of every pointer that is stored into memory which may be heap or global, and of the one
// that was there. Final C looks at this flag, and stores itself as long as it is zero (gocc_store in lower_barrier.c).
extern unsigned char go__gc_marking;
void go__gc_store(void *slot, const void *value);                   // tells of both, and stores
void go__gc_copy(void *to, const void *from, unsigned long n);      // memmove: struct assignment, memcpy
void go__gc_clear(void *to, int c, unsigned long n);                // memset
void go__gc_qsort(void *base, unsigned long n, unsigned long size, int (*compare)(const void *, const void *));
// libc's functions for destinations that may hold pointers; `room` as _FORTIFY_SOURCE passes it.
void *go__gc_memcpy(void *to, const void *from, unsigned long n);          // memmove, too
void *go__gc_mempcpy(void *to, const void *from, unsigned long n);
void *go__gc_memset(void *to, int c, unsigned long n);
void go__gc_bzero(void *to, unsigned long n);
void go__gc_bcopy(const void *from, void *to, unsigned long n);
void *go__gc_wmemcpy(void *to, const void *from, unsigned long n);         // n: wide characters
void *go__gc_memcpy_chk(void *to, const void *from, unsigned long n, unsigned long room);
void *go__gc_mempcpy_chk(void *to, const void *from, unsigned long n, unsigned long room);
void *go__gc_memset_chk(void *to, int c, unsigned long n, unsigned long room);
// Around an atomic operation that may store `value` to `slot`: between the two this thread is not stopped by the collector. They nest:
// one pair for each word of the object that may hold a pointer.
void go__gc_atomic_begin(void *slot, const void *value);
void go__gc_atomic_end(void);

// ---- goroutines (lower_go.c) --------------------------------------------------------------------
// Starts a goroutine that calls fn(copy of the size bytes at env). The copy (16-byte aligned) is the goroutine's, and is gone when fn
// returns. The caller's return address is remembered as the place of the `go` statement.
void go__go(void (*fn)(void *), const void *env, unsigned long size);
__attribute__((noreturn)) void go__go_nil(void);          // fatal error: go of nil func value
int *go__errno(void);                     // address of the current goroutine's errno; never const
extern char go__needs_runtime;            // a unit refers to it to pull in the runtime

// ---- calls from C (lower_entry.c) ----------------------------------------------------------------
// The instructions of .gc files: the longest stretch of them. A function that plain C may call, and in which a goroutine may park, looks
// at its entry whether its return address is one of those, and asks if it is not; `slot` is where that address lies.
extern unsigned long go__text_start, go__text_bytes;
void go__called_from_c(const void *slot);

// ---- channels (lower_chan.c) --------------------------------------------------------------------
void *go__chan_make(unsigned long elem_size, long long n,
                    const struct go__layout *elem_layout);   // panics `makechan: size out of range`
void go__chan_send(void *c, const void *value);
_Bool go__chan_recv(void *c, void *value);   // value may be NULL; false: closed and drained, value zeroed
void go__chan_close(void *c);
long go__chan_len(const void *c);
long go__chan_cap(const void *c);

// ---- select (lower_select.c) --------------------------------------------------------------------
struct go__case {
    void *chan;            // NULL: never ready
    void *value;           // send: the value; receive: where it goes, or NULL
    unsigned char send;    // 1: send, 0: receive
    unsigned char ok;      // out, receive: the value came from a send
};
// Chooses one ready case at random and performs it; returns its index. With block == 0 and none
// ready: -1. With block == 1: waits. n may be 0.
int go__select(struct go__case *cases, int n, int block);

// ---- defer, panic, recover (lower_defer.c, lower_panic.c) ----------------------------------------
// A function that defers has one frame; `jmp` is set by __builtin_setjmp before the first push. After a recovered
// panic control comes back there, and the function goes to its end: go__defer_return, return.
struct go__defer {
    struct go__defer *next;
    void (*run)(void *record);   // called with the address of this record
    void *callee;                // the function (or block) that runs: who may recover
    unsigned char heap;          // set by go__defer_alloc: freed after it ran
};
struct go__frame {
    struct go__frame *up;        // set by the first push
    struct go__defer *top;       // NULL: nothing deferred, the frame is not linked
    void *jmp[5];
};
void go__defer_push(struct go__frame *f, struct go__defer *d);
void *go__defer_alloc(unsigned long size);           // a zeroed record for a defer that may run often
void go__defer_return(struct go__frame *f);          // runs what is left, last first; called if f->top
// At the entry of a function or block that calls recover(): did a panic call me (self) as deferred function? The answer is a token for
// go__recover; NULL if not.
void *go__recover_enter(void *self);
struct go_any go__recover(void *token);
__attribute__((noreturn)) void go__panic(const struct go_type *type, const void *value);   // copies the value
__attribute__((noreturn)) void go__repanic(struct go_any value);                           // panic(v) of an any
__attribute__((noreturn)) void go__panic_divide(void);               // panics: runtime error: integer divide by zero
_Bool go__any_is(struct go_any value, const struct go_type *type);
void *go__any_as(struct go_any value, const struct go_type *type);         // address of the value, or panics

#ifdef __cplusplus
}
#endif
#endif
