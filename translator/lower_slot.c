// lower_slot.c - new(T) that does not escape: room in the frame.
//
// Each such new has one slot at the head of its function or block, large and aligned enough for T, and declared as bytes, for T may be
// a type of inner braces. Evaluating new zeroes the slot. escape.c has made sure that nobody holds the address of the slot
// from an earlier evaluation by then, so a loop reuses it.

#include "gocc.h"
#include "translate.h"

#define F arena_format

const char *lower_slots(Lower *l, const Function *f, const Node *block) {
    Buffer out = {0};
    buffer_puts(&out, "");
    for (int i = 1; i <= l->tree->n_nodes; i++) {
        const NodeFacts *n = &l->facts->nodes[i];
        if (n->on_stack && n->function == f && n->block == block)
            buffer_printf(&out, " __attribute__((aligned(%lld), may_alias)) char gocc_n%d[%lld];",
                          n->operand.align > 8 ? n->operand.align : 8, i, n->operand.size);
    }
    return out.data;
}

// What stands behind `((__typeof__(T`, where `type` is T in final C.
const char *lower_slot(const Node *n, const char *type) {
    return F(") *)__builtin_memset(gocc_n%d, 0, sizeof(%s)))", n->id, type);
}
