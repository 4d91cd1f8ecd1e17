// lower_entry.c - functions that C code may call notice that it did.
//
// A goroutine that parks may go on on another thread, unless frames of plain C lie on its stack (runtime/sched/callback.c). To know that, a
// function looks at its return address when it is entered: is that an instruction of a .gc file? A load, a subtraction and a comparison with
// where those are; only otherwise the runtime is asked. Only a function looks
//   1. that others may call: one that is not static, or whose address is taken;
//   2. in which its goroutine may park: that has constructs or variables on the heap, or calls what may park. Of C's library the functions that
//      wait for descriptors, or sleep, may; those that call back may not by themselves, since what they call looks for itself. Whatever is
//      neither of the unit nor of the library may.
// It is the initialiser of a declaration, so that no statement comes before the user's declarations.

#include "escape.h"
#include "gocc.h"
#include "translate.h"

#include <dlfcn.h>
#include <string.h>

// ---- C's library -------------------------------------------------------------------------------
static bool waits(const char *name) {
    static const char *const names[] = {
        "read", "readv", "write", "writev", "recv", "recvfrom", "recvmsg", "recvmmsg", "send", "sendto", "sendmsg", "sendmmsg",
        "accept", "accept4", "connect", "poll", "ppoll", "select", "pselect", "epoll_wait", "epoll_pwait",
        "sleep", "usleep", "nanosleep", "clock_nanosleep", "__read_chk", "__recv_chk", "__recvfrom_chk", "__poll_chk", "__ppoll_chk"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

// Other libraries have headers in the system's directories, too, and may be .gc themselves: so the library itself is asked.
static bool is_of_libc(const char *name) {
    static void *libc, *libm;
    if (!strncmp(name, "__builtin_", 10) || !strncmp(name, "__sync_", 7))
        return true;
    if (!libc) {
        libc = dlopen("libc.so.6", RTLD_LAZY);
        libm = dlopen("libm.so.6", RTLD_LAZY);
    }
    return (libc && dlsym(libc, name)) || (libm && dlsym(libm, name));
}

// ---- who may park ------------------------------------------------------------------------------
static bool construct_parks(const Node *n) {
    switch (n->kind) {
    case N_SEND:
    case N_RECV:
    case N_RECV2:
    case N_SELECT:
    case N_RANGE:
    case N_DEFER: return !n->is_comparison;
    case N_CALL: return n->word != W_LEN && n->word != W_CAP && n->word != W_RECOVER;
    default: return false;
    }
}

static bool call_parks(const CallFlow *c, bool interposable) {
    const Function *f = c->callee;
    if (!f)
        return !c->name || !c->keeps_nothing || !is_of_libc(c->name) || waits(c->name);
    return f->origin || f->parks || (interposable && !f->is_static);
}

static bool calls_park(const Facts *f, const Function *function) {
    const FlowGraph *g = function->graph;
    if (!g || g->calls_pointers)
        return true;
    for (size_t i = 0; i < g->n_calls; i++)
        if (call_parks(&g->calls[i], f->options->interposable))
            return true;
    return false;
}

static void find_parking(Lower *l) {
    Facts *f = l->facts;
    for (int i = 1; i <= l->tree->n_nodes; i++)
        if (f->nodes[i].function && construct_parks(l->tree->by_id[i]))
            f->nodes[i].function->parks = true;
    for (size_t i = 0; i < f->n_vars; i++)
        if (f->vars[i]->heap)
            f->vars[i]->function->parks = true;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < f->n_functions; i++) {
            Function *function = f->functions[i];
            if (function->parks || !calls_park(f, function))
                continue;
            function->parks = more = true;
        }
    }
}

// ---- who may be called from outside ----------------------------------------------------------------
// A static function's name without `(` behind it is its address.
static void find_addressed(Lower *l) {
    const Facts *f = l->facts;
    const Tokens *t = &l->tree->tokens;
    const char *text = l->tree->source->text;
    bool first[256] = {false};
    for (size_t i = 0; i < f->n_functions; i++)
        if (f->functions[i]->is_static && f->functions[i]->parks)
            first[(unsigned char)f->functions[i]->name[0]] = true;
    for (size_t i = 0; i + 1 < t->n; i++) {
        Span s = t->v[i].span;
        if (t->v[i].kind != TK_WORD || !first[(unsigned char)text[s.start]] || text[t->v[i + 1].span.start] == '(')
            continue;
        for (size_t k = 0; k < f->n_functions; k++)
            if (strlen(f->functions[k]->name) == s.end - s.start && !memcmp(f->functions[k]->name, text + s.start, s.end - s.start))
                f->functions[k]->is_addressed = true;
    }
}

void lower_entries(Lower *l) {
    if (l->no_ranges)
        return;
    find_parking(l);
    find_addressed(l);
}

const char *lower_entry(const Lower *l, const Function *f) {
    bool looks = !l->no_ranges && f->parks && (!f->is_static || f->is_addressed) && strcmp(f->name, "main");
    if (!looks)
        return "";
    return l->clang ? " int gocc_entry __attribute__((unused)) = __builtin_expect((unsigned long)__builtin_return_address(0) - "
                      "go__text_start >= go__text_bytes, 0) ? (go__called_from_c((void **)__builtin_frame_address(0) + 1), 0) : 0;"
                    : " int gocc_entry __attribute__((unused)) = __builtin_expect((unsigned long)__builtin_return_address(0) - "
                      "go__text_start >= go__text_bytes, 0) ? (go__called_from_c((void **)__builtin_dwarf_cfa() - 1), 0) : 0;";
}
