# Compiles units that hide their construct from a quick look, and checks that each object needs the runtime.
import os
import subprocess
import sys

gocc = sys.argv[1]
f = "void f(void);\n"
units = {
    "plain word": (f + "void t(void) { go f(); }", []),
    "after a comment that ends late": (f + "/* \" */ void t(void) { go f(); } /* ' */", []),
    "after an apostrophe in a skipped branch": (f + "#if 0\ndon't\n#endif\nvoid t(void) { go f(); }", []),
    "after a string with an escaped quote": (f + 'const char *s = "\\\\"; void t(void) { go f(); } char c = \'"\';', []),
    "spliced word": (f + "void t(void) { g\\\no f(); }", []),
    "spliced word, blanks behind the backslash": (f + "void t(void) { g\\  \no f(); }", []),
    "spliced comment": (f + "// \\\n\nvoid t(void) { go f(); }", []),
    "comment that looks spliced": (f + "/\\\n/ x\nvoid t(void) { go f(); }", []),
    "string over two lines": (f + 'const char *s = "a\\\n"; void t(void) { go f(); }', []),
    "string over two lines, blanks behind the backslash": (f + 'const char *s = "a\\ \n"; void t(void) { go f(); }', []),
    "pasted word": (f + "#define start(x) g##o x\nvoid t(void) { start(f()); }", []),
    "word from a macro": (f + "#define start go\nvoid t(void) { start f(); }", []),
    "word from -D": (f + "void t(void) { start f(); }", ["-Dstart=go"]),
    "word from -D and an argument": (f + "void t(void) { start f(); }", ["-D", "start=go"]),
    "macro with parameters from -D": (f + "void t(void) { start(f()); }", ["-Dstart(x)=go x"]),
    "word from -include": (f + "void t(void) { start(f()); }", ["-include", "here.h"]),
    "word from -imacros": (f + "void t(void) { start(f()); }", ["-imacros", "dir/word.h"]),
    "header beside the file": (f + '#include "here.h"\nvoid t(void) { start(f()); }', []),
    "header in a directory": (f + '#include "dir/outer.h"\nvoid t(void) { start(f()); }', []),
    "header by -I": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header by -I and an argument": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-I", "dir"]),
    "header by -iquote": (f + '#include "word.h"\nvoid t(void) { start(f()); }', ["-iquote", "dir"]),
    "header by -isystem": (f + '#include "word.h"\nvoid t(void) { start(f()); }', ["-isystem", "dir"]),
    "header by -idirafter": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-idirafter", "dir"]),
    "header by -iwithprefix": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-iprefix", os.getcwd() + "/", "-iwithprefix", "dir"]),
    "header by -Wp": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-Wp,-Idir"]),
    "header by -Xpreprocessor": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-Xpreprocessor", "-Idir"]),
    "header with a pasted word": (f + "#include <paste.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header named by a macro": (f + "#define NAME <word.h>\n#include NAME\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header with a comment before the name": (f + "#include /* x */ <word.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header with a comment before the hash": (f + "/* x */ # /* y */ include <word.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header with a spliced directive": (f + "#\\\n include <word.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header by a digraph": (f + "%: include <word.h>\nvoid t(void) { start(f()); }", ["-Idir"]),
    "header by #include_next": (f + '#include_next "word.h"\nvoid t(void) { start(f()); }', ["-Idir"]),
    "header by #import": (f + '#import "word.h"\nvoid t(void) { start(f()); }', ["-Idir"]),
    "header twice, the second time elsewhere": (f + '#include "dir/word.h"\n#include "dir/word.h"\nvoid t(void) { start(f()); }', []),
    "trigraph splice": (f + "void t(void) { g??/\no f(); }", ["-trigraphs"]),
    "digit separators": (f + "int n = 1'000; void t(void) { go f(); } int m = 1'0;", ["-std=c2x"]),
    "select with its brace on the next line": ("void t(void) { select\n{ default: ; }\nchan(int) c; c <- 1; }", []),
    "new only": ("int *t(void) { return new(int); }", []),
    "new with a blank": ("int *t(void) { return new (int); }", []),
    "arrow only, channel from a header": ("#include \"chan.h\"\nvoid t(ints c) { c<-1; }", ["-Idir"]),
    "close only, channel from a header": ("#include \"chan.h\"\nvoid t(ints c) { close(c); }", ["-Idir"]),
    "arrow with a literal": ("void t(chan(int) c) { c <- 1; }", []),
    "comparison, and a channel from the runtime's header": ("#include <go/time.h>\nint t(int a) { return a<-1; }\nlong n(void) { return <-go_after(1); }", []),
    "word from -Wp": (f + "void t(void) { start f(); }", ["-Wp,-Dstart=go"]),
    "directory from -Wp": (f + "#include <word.h>\nvoid t(void) { start(f()); }", ["-Wp,-DX,-Idir"]),
    "defer with a macro's help": (f + "#define later(x) defer x\nvoid t(void) { later(f()); }", []),
    "recover only": ("void t(void) { recover(); }", []),
    "any only": ("void g(any e) { any_string(e); }", []),
    "CPATH": (f + "#include <word.h>\nvoid t(void) { start(f()); }", [], {"CPATH": "dir"}),
    "C_INCLUDE_PATH": (f + "#include <word.h>\nvoid t(void) { start(f()); }", [], {"C_INCLUDE_PATH": "nowhere:dir"}),
    "CPATH with an empty entry": (f + "#include <here.h>\nvoid t(void) { start(f()); }", [], {"CPATH": "nowhere:"}),
}

with open("dir/chan.h", "w") as h:
    h.write("typedef chan(int) ints;\n")

failed = 0
for name, (text, options, *environment) in units.items():
    with open("unit.gc", "w") as unit:
        unit.write(text + "\n")
    env = dict(os.environ, **(environment[0] if environment else {}))
    done = subprocess.run([gocc, "-w", *options, "-c", "unit.gc", "-o", "unit.o"], env=env, capture_output=True, text=True)
    symbols = subprocess.run(["nm", "unit.o"], capture_output=True, text=True).stdout if done.returncode == 0 else ""
    if " U go_" not in symbols:
        failed += 1
        print(f"{name}: exit status {done.returncode}\n{done.stderr}{symbols}")
sys.exit(failed != 0)
