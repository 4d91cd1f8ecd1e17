// lower_ranges.c - where the unit's instructions are, for a runtime that preempts.
//
// A goroutine that runs for long is taken off its processor by a signal, but only where the interrupted instruction belongs to
// a .gc file (runtime/sched/preempt.c). So each unit says where its instructions are: a label at the start of each section that gcc puts
// functions in, another at its end (in a subsection that the assembler puts behind all the rest), and their distance in an
// ELF note, which is found in every module of the process, whoever loads it. Distances only: they need no relocation when it is loaded.
//
// A unit that mentions thread-local variables says that it is not to be preempted: what it has computed from one must not go on on another
// thread. One for link-time optimisation says nothing, whose functions do not stay in its sections; nor does any function in a section of its own
// (-ffunction-sections).

#include "gocc.h"
#include "translate.h"

#include <string.h>

static const char *const sections[] = {".text", ".text.unlikely", ".text.hot", ".text.startup"};

static bool mentions_thread_local(const Tree *t) {
    static const char *const words[] = {"_Thread_local", "__thread", "thread_local"};
    for (size_t i = 0; i < t->tokens.n; i++) {
        Span s = t->tokens.v[i].span;
        for (size_t w = 0; w < sizeof words / sizeof *words && t->tokens.v[i].kind == TK_WORD; w++)
            if (s.end - s.start == strlen(words[w]) && !memcmp(t->source->text + s.start, words[w], s.end - s.start))
                return true;
    }
    return false;
}

const char *lower_ranges(const Lower *l) {
    if (l->no_ranges)
        return "";
    bool stays = mentions_thread_local(l->tree);
    Buffer out = {0};
    buffer_puts(&out, "__asm__(\"");
    enum { N = sizeof sections / sizeof *sections };
    for (size_t i = 0; i < N; i++) {
        const char *flags = i == 0 ? "" : ", \\\"ax\\\", @progbits";
        buffer_printf(&out, ".pushsection %s%s\\n.Lgocc_text_%zu:\\n.popsection\\n", sections[i], flags, i);
        buffer_printf(&out, ".pushsection %s, 8191%s\\n.Lgocc_text_end_%zu:\\n.popsection\\n", sections[i], flags, i);
    }
    buffer_printf(&out, ".pushsection .note.gocc, \\\"a\\\", @note\\n.balign 4\\n.long 5, %d, 1\\n.asciz \\\"gocc\\\"\\n.balign 4\\n", N * 12);
    for (size_t i = 0; i < N; i++)
        buffer_printf(&out, ".long .Lgocc_text_%zu - ., .Lgocc_text_end_%zu - .Lgocc_text_%zu, %d\\n", i, i, i, !stays);
    buffer_puts(&out, ".popsection\\n");
    buffer_puts(&out, "\"); ");
    return out.data;
}
