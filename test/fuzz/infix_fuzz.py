#!/usr/bin/env python3
"""`<-` is never taken for what it is not, in real C.

The files are preprocessed C without constructs. Every operator that is always binary (== && < ...) is replaced by `<-`: none of
them may be read as a receive. Every operator that is always prefix (! ~) is replaced by `<-`: each must be read as one.
Left as it is, the text has no node but mentions of errno and calls of system functions.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

TOKEN = re.compile(
    rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#[^\n]*|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||'
    rb'[-+*/%&|^]=|[A-Za-z_0-9]+|\s+|.', re.S | re.M)
ALWAYS_BINARY = {b"==", b"!=", b"<=", b">=", b"&&", b"||", b"<", b">"}
PLAIN = re.compile(r"^ *\d+:\d+ (word errno|call \w+ system-name .*|call \w+ system-name)$")


def ends_operand(token):
    """`&&` after this is binary: elsewhere it takes the address of a label."""
    return re.match(rb"[A-Za-z_0-9\x80-\xff)\]\"']", token[-1:]) and token != b"return"


def replaced(text, wanted):
    """The text with each wanted operator made `<-`, and how many there were. An operator that a system header
    brought in is left alone: constructs are not looked for there."""
    out, count, system, file, before = [], 0, False, None, b";"
    for match in TOKEN.finditer(text):
        token = match[0]
        marker = re.match(rb'[ \t]*# *\d+ ("[^"]*")([ \d]*)', token)
        if marker:
            flagged = b"3" in marker[2].split()
            system = (system and flagged) if marker[1] == file else flagged
            file = marker[1]
        elif token in wanted and not system and not (token == b"&&" and not ends_operand(before)):
            token = b" <- "
            count += 1
        out.append(token)
        if token.strip() and not marker:
            before = match[0]
    return b"".join(out), count


def nodes(gocc, text):
    """The lines of the tree of a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fuzz.gc")
        with open(path, "wb") as file:
            file.write(text)
        done = subprocess.run([gocc, "-d", "tree", "-fsyntax-only", "-w", path], capture_output=True, timeout=300)
    if done.returncode not in (0, 1):
        sys.exit("status %d: %s" % (done.returncode, done.stderr[-500:].decode("latin-1")))
    lines = done.stdout.decode("latin-1").splitlines()
    return [line for line in lines if re.match(r" *\d+:\d+ ", line) and not PLAIN.match(line)]


def fuzz(gocc, path):
    """All four readings of one file; the number of those with something wrong."""
    with open(path, "rb") as file:
        text = file.read()
    failures, said, wrong = 0, [], []

    def judge(name, count, found, bad):
        nonlocal failures
        failures += bool(bad)
        said.append("%s %d/%d" % (name, len(found), count))
        wrong.extend("    %s: %s" % (name, line) for line in bad[:5])

    plain = nodes(gocc, text)
    judge("as it is", 0, plain, plain)
    changed, count = replaced(text, ALWAYS_BINARY)
    found = nodes(gocc, changed)
    judge("binary", count, found, [line for line in found if not re.match(r" *\d+:\d+ send ", line)])
    for operator in (b"!", b"~"):
        changed, count = replaced(text, {operator})
        found = nodes(gocc, changed)
        receives = sum(1 for line in found if re.match(r" *\d+:\d+ receive ", line))
        missing = ["%d of %d are receives" % (receives, count)] if receives != count else []
        judge("prefix " + operator.decode(), count, found, missing)
    print("\n".join(["%s: nodes/operators: %s" % (os.path.basename(path), ", ".join(said))] + wrong))
    return failures


def headers():
    """What this machine has of real C without being asked: all of C's and POSIX's headers in one text."""
    names = ["complex", "ctype", "errno", "fcntl", "fenv", "inttypes", "locale", "math", "netdb", "pthread", "regex", "setjmp",
             "signal", "stdatomic", "stdio", "stdlib", "string", "sys/socket", "sys/stat", "tgmath", "time", "unistd", "wchar",
             "immintrin"]
    source = "".join("#include <%s.h>\n" % name for name in names)
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "headers.i")
    # -P: without line markers the headers are read as the user's own text.
    subprocess.run(["gcc", "-E", "-P", "-x", "c", "-", "-o", path], input=source.encode(), check=True)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocc", required=True)
    parser.add_argument("files", nargs="*", help="preprocessed C; without any, system headers and what ./dev superset fetched")
    options = parser.parse_args()
    files = options.files
    if not files:
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        files = [headers()]
        for pattern in ("sqlite3/sqlite3.c", "lua5.4/src/l[a-v]*.c", "zlib/[a-z]*.c"):
            files += glob.glob(os.path.join(root, "build/superset/tree", pattern))
    failures = 0
    for path in files:
        if path.endswith(".c"):
            out = os.path.join(tempfile.mkdtemp(), os.path.basename(path) + ".i")
            subprocess.run(["gcc", "-E", path, "-o", out], check=True)
            path = out
        failures += fuzz(options.gocc, path)
    print("%d files, %d readings wrong" % (len(files), failures))
    return 1 if failures else 0


sys.exit(main())
