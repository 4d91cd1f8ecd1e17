// text.h - which instructions are the runtime's own. Put before each of its C files by the build.
//
// The same trick as in .gc files (translator/lower_ranges.c): a label at the start of the file's .text,
// another in a subsection that the assembler puts behind all the rest, and their distance in a note.
#if defined(__x86_64__)
__asm__(".pushsection .text\n.Lgort_text_start:\n.popsection\n"
        ".pushsection .text, 8191\n.Lgort_text_end:\n.popsection\n"
        ".pushsection .note.gocc, \"a\", @note\n.balign 4\n.long 5, 12, 2\n.asciz \"gocc\"\n.balign 4\n"
        ".long .Lgort_text_start - ., .Lgort_text_end - .Lgort_text_start, 0\n.popsection\n");
#endif
