// tr_edit.c - edits come out in their order, keep every newline, touch nothing else, and the map of
// positions is exact both ways.
#include "gocc.h"

#include <stdlib.h>
#include <string.h>

static int failures;

static void expect_text(const char *claim, const char *got, const char *wanted) {
    if (!strcmp(got, wanted))
        return;
    printf("%s\n  got    `%s`\n  wanted `%s`\n", claim, got, wanted);
    failures++;
}

static void expect(const char *claim, bool holds) {
    if (holds)
        return;
    printf("%s\n", claim);
    failures++;
}

static Edits *edits_of(const char *text) {
    return edits_new(source_new(text, strlen(text), "t.gc"));
}

static char *apply(Edits *e) {
    size_t length;
    char *out = edits_apply(e, NULL, &length);
    expect("the length is the text's", strlen(out) == length);
    return out;
}

static void order_at_one_offset(void) {
    Edits *e = edits_of("ab");
    edit_replace(e, 1, 2, 3, "R");
    edit_open(e, 1, 2, "<2");
    edit_close(e, 1, 1, "1>");
    edit_open(e, 1, 1, "<1");
    edit_close(e, 1, 4, "4>");
    expect_text("closers deepest first, openers shallowest first, then the replacement", apply(e),
                "a4>1><1<2R");
}

static void equal_edits_keep_their_order(void) {
    Edits *e = edits_of("ab");
    edit_open(e, 1, 1, "x");
    edit_open(e, 1, 1, "y");
    edit_open(e, 1, 1, "z");
    expect_text("edits alike come out in the order of the calls", apply(e), "axyzb");
}

static void newlines_stay(void) {
    Edits *e = edits_of("a(\n\n1\n);\nb");
    edit_replace(e, 1, 7, 1, "X");
    expect_text("the newlines of what is replaced follow the replacement", apply(e),
                "aX\n\n\n;\nb");
}

static void line_markers_stay(void) {
    Edits *e = edits_of("a(\n# 7 \"m.gc\" 3\n1\n);\n");
    edit_replace(e, 1, 19, 1, "X");
    expect_text("so do line markers", apply(e), "aX\n# 7 \"m.gc\" 3\n\n;\n");
}

static void inner_edits_of_a_replaced_part_vanish(void) {
    Edits *e = edits_of("abcdef");
    edit_replace(e, 1, 5, 1, "-");
    edit_replace(e, 2, 3, 2, "?");
    edit_open(e, 4, 2, "?");
    expect_text("what is inside a replaced part is gone", apply(e), "a-f");
}

static void prelude_is_no_line_of_the_text(void) {
    Edits *e = edits_of("int x;\n");
    size_t length;
    char *out = edits_apply(e, "typedef int t;", &length);
    expect_text("a marker follows the prelude", out, "typedef int t;\n# 1 \"t.gc\"\nint x;\n");
    size_t x = (size_t)(strchr(out, 'x') - out);
    expect("past the prelude, to the source", edits_to_source(e, x) == 4);
    expect("past the prelude, from the source", edits_from_source(e, 4) == x);
    expect("the prelude belongs to the start", edits_to_source(e, 3) == 0);
}

static void rendering_is_one_line(void) {
    const char *source = "f(a, // one\n \"//\\\"\" /* two\n */,\n<-c)";
    size_t arrow = (size_t)(strstr(source, "<-") - source);
    Edits *e = edits_of(source);
    edit_replace(e, arrow, arrow + 2, 2, "recv(");
    edit_close(e, arrow + 3, 2, ")");
    edit_close(e, 2, 2, "NO");
    char *text = edits_render(e, (Span){2, arrow + 3});
    expect("no newline in it", !strchr(text, '\n'));
    expect("no comment in it", !strstr(text, "one") && !strstr(text, "two"));
    expect("strings are whole", strstr(text, "\"//\\\"\"") != NULL);
    expect("edits inside are made", strstr(text, "recv(c)") != NULL);
    expect("edits that end before are not", !strstr(text, "NO"));
}

// ---- against a model ----------------------------------------------------------------------------

enum { LENGTH = 60,
       EDITS = 12 };

static unsigned seed = 1;
static unsigned random_below(unsigned n) {
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

typedef struct Model {
    size_t start, end;
    char mark;
} Model;

// Disjoint replacements with an insertion before each, written out character by character.
static size_t model_apply(const char *text, const Model *m, size_t n, char *out, size_t *from) {
    size_t at = 0, length = 0;
    for (size_t i = 0; i < LENGTH; i++)
        from[i] = NO_OFFSET;
    for (size_t k = 0; k <= n; k++) {
        size_t stop = k < n ? m[k].start : LENGTH;
        for (; at < stop; at++) {
            from[at] = length;
            out[length++] = text[at];
        }
        if (k == n)
            break;
        out[length++] = '(';
        out[length++] = m[k].mark;
        for (; at < m[k].end; at++)
            if (text[at] == '\n')
                out[length++] = '\n';
    }
    out[length] = 0;
    return length;
}

static size_t model_make(Model *m) {
    size_t n = 0, at = random_below(6);
    while (at < LENGTH && n < EDITS) {
        size_t end = at + 1 + random_below(5);
        if (end > LENGTH)
            end = LENGTH;
        m[n] = (Model){at, end, (char)('A' + n)};
        at = end + random_below(8);
        n++;
    }
    return n;
}

static void compare_with_model(unsigned round) {
    char text[LENGTH + 1], wanted[LENGTH * 4];
    size_t from[LENGTH];
    Model m[EDITS];
    for (size_t i = 0; i < LENGTH; i++)
        text[i] = random_below(7) ? (char)('a' + random_below(26)) : '\n';
    text[LENGTH] = 0;
    size_t n = model_make(m);
    model_apply(text, m, n, wanted, from);
    Edits *e = edits_of(text);
    for (size_t k = n; k-- > 0;) { // in any order: here the last first
        char mark[2] = {m[k].mark, 0};
        edit_replace(e, m[k].start, m[k].end, 2, mark);
        edit_open(e, m[k].start, 1, "(");
    }
    int before = failures;
    expect_text("the model's text", apply(e), wanted);
    for (size_t i = 0; i < LENGTH; i++) {
        expect("from the source, as the model says", edits_from_source(e, i) == from[i]);
        if (from[i] != NO_OFFSET)
            expect("and back", edits_to_source(e, from[i]) == i);
    }
    if (failures > before)
        printf("  in round %u\n", round);
}

int main(void) {
    order_at_one_offset();
    equal_edits_keep_their_order();
    newlines_stay();
    line_markers_stay();
    inner_edits_of_a_replaced_part_vanish();
    prelude_is_no_line_of_the_text();
    rendering_is_one_line();
    for (unsigned round = 0; round < 2000 && !failures; round++)
        compare_with_model(round);
    return failures != 0;
}
