// tr_source.c - every offset of a preprocessed text has the file, line and column that its line
// markers say.
#include "gocc.h"

#include <stdlib.h>
#include <string.h>

static int failures;

static void expect_place(const Source *s, const char *word, const char *file, unsigned line,
                         unsigned column, bool system) {
    size_t at = (size_t)(strstr(s->text, word) - s->text);
    Place p = source_place(s, at);
    if (!strcmp(p.file, file) && p.line == line && p.column == column && p.system == system)
        return;
    printf("%s: %s:%u:%u %d, wanted %s:%u:%u %d\n", word, p.file, p.line, p.column, p.system, file,
           line, column, system);
    failures++;
}

static Source *source_of(const char *text) {
    return source_new(text, strlen(text), "main.gc");
}

static void markers_name_files_and_lines(void) {
    const Source *s = source_of(
        "# 0 \"main.gc\"\n# 1 \"main.gc\"\none\n# 1 \"/usr/h.h\" 1 3 4\ninside\n  again\n"
        "# 5 \"main.gc\" 2\n\n\tback here\n# 90 \"dir with \\\"quote\\\".h\" 1\nquoted\n");
    expect_place(s, "one", "main.gc", 1, 1, false);
    expect_place(s, "inside", "/usr/h.h", 1, 1, true);
    expect_place(s, "again", "/usr/h.h", 2, 3, true);
    expect_place(s, "back", "main.gc", 6, 2, false);
    expect_place(s, "here", "main.gc", 6, 7, false);
    expect_place(s, "quoted", "dir with \"quote\".h", 90, 1, false);
}

static void text_without_markers_is_the_main_file(void) {
    const Source *s = source_of("a\nb\r\n  c");
    expect_place(s, "a", "main.gc", 1, 1, false);
    expect_place(s, "c", "main.gc", 3, 3, false);
}

// A text of many lines: each offset's line is found by counting.
static void lines_by_counting(void) {
    enum { LENGTH = 5000 };
    static char text[LENGTH + 1];
    for (int i = 0; i < LENGTH; i++)
        text[i] = i % 7 == 3 || i % 11 == 5 ? '\n' : 'x';
    const Source *s = source_of(text);
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < LENGTH; i++, column++) {
        Place p = source_place(s, i);
        if (p.line != line || p.column != column || source_physical_line(s, i) != line) {
            printf("offset %zu: %u:%u, wanted %u:%u\n", i, p.line, p.column, line, column);
            failures++;
            return;
        }
        if (text[i] == '\n')
            line++, column = 0;
    }
}

static void empty_text_has_a_place(void) {
    Place p = source_place(source_of(""), 0);
    if (p.line == 1 && p.column == 1)
        return;
    printf("empty: %u:%u\n", p.line, p.column);
    failures++;
}

int main(void) {
    markers_name_files_and_lines();
    text_without_markers_is_the_main_file();
    lines_by_counting();
    empty_text_has_a_place();
    return failures != 0;
}
