#!/usr/bin/env python3
"""Names of real C become words of the extension, and the text stays plain C.

Each round takes a file of preprocessed C without constructs, chooses identifiers of it at random, and renames each, wherever it
stands, to a word: variables, functions, parameters, members, tags, labels, typedefs and enumerators alike become `go`, `chan`,
`len` ... Since every one of them is declared by the program, no construct may be found. (`a <- b;` as a statement may: its
operand's type decides later. So may a call of a function that a system header declares.)
"""
import argparse
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

WORDS = ("go chan defer select any make new len cap close panic panicf recover any_is any_as any_string _Result").split()
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#[^\n]*|\b[A-Za-z_]\w*|.', re.S | re.M)
KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof""".split())
ALLOWED = re.compile(r"^ *\d+:\d+ (word errno|send |call \w+ system-name)")


def constructs(gocc, text, folder):
    path = os.path.join(folder, "rename.gc")
    with open(path, "w", encoding="latin-1") as file:
        file.write(text)
    done = subprocess.run([gocc, "-d", "tree", "-fsyntax-only", "-w", path], capture_output=True, timeout=300)
    lines = done.stdout.decode("latin-1").splitlines()
    if done.returncode not in (0, 1):
        return ["status %d" % done.returncode]
    return [line for line in lines if re.match(r" *\d+:\d+ ", line) and not ALLOWED.match(line)]


def fuzz(gocc, text, names, seed, folder):
    """One round: what was found, and the renaming."""
    chooser = random.Random(seed)
    words = [word for word in WORDS if not re.search(r"\b%s\b" % word, text)]      # what it has itself stays what it is
    renamed = dict(zip(chooser.sample(names, len(words)), words))
    changed = TOKEN.sub(lambda m: renamed.get(m[0], m[0]), text)
    return constructs(gocc, changed, folder), renamed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocc", required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", help="C files; without any, what ./dev superset fetched")
    options = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    files = options.files or glob.glob(os.path.join(root, "build/superset/tree/lua5.4/src/l*.c"))
    failures = rounds = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(files):
            text = subprocess.run(["gcc", "-E", path], capture_output=True, check=True).stdout.decode("latin-1")
            with open(path, encoding="latin-1") as file:
                own = set(re.findall(r"\b[A-Za-z_]\w*", file.read()))
            names = sorted(n for n in own & set(re.findall(r"\b[A-Za-z_]\w*", text)) if n not in KEYWORDS and n not in WORDS
                           and not n.startswith("__"))
            if len(names) < len(WORDS):
                continue
            for seed in range(options.seed, options.seed + options.rounds):
                found, renamed = fuzz(options.gocc, text, names, seed, folder)
                rounds += 1
                if found:
                    failures += 1
                    print("%s, seed %d: %s\n    %s" % (path, seed, renamed, "\n    ".join(found[:5])))
    print("%d rounds, %d with constructs" % (rounds, failures))
    return 1 if failures else 0


sys.exit(main())
