#!/usr/bin/env python3
"""infix_fuzz.py COMMAND... FILE.i: `<-` is never taken for what it is not, in real C.

FILE.i is preprocessed C without constructs. Every operator that is always binary (== && < ...) is replaced by `<-`: none of
them may be read as a receive. Every operator that is always prefix (! ~) is replaced by `<-`: each must be read as one.
COMMAND is run with the changed file and prints the tree (`gocc -d tree`). A third run leaves the text as it is: no node but
mentions of errno and calls of system functions may come out.
"""
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


def nodes(command, text):
    """The lines of the tree that COMMAND prints for the text."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "fuzz.gc")
        with open(path, "wb") as file:
            file.write(text)
        done = subprocess.run(command + [path], capture_output=True, timeout=120)
    if done.returncode < 0:
        sys.exit("crashed: %s" % command)
    lines = done.stdout.decode("latin-1").splitlines()
    return [line for line in lines if re.match(r" *\d+:\d+ ", line) and not PLAIN.match(line)]


def main():
    command, path = sys.argv[1:-1], sys.argv[-1]
    with open(path, "rb") as file:
        text = file.read()
    failures = 0

    def judge(name, count, found, bad):
        nonlocal failures
        failures += bool(bad)
        print("%s %s: %d operators, %d nodes, %d wrong" % (path, name, count, len(found), len(bad)))
        for line in bad[:5]:
            print("   ", line)

    plain = nodes(command, text)
    judge("as it is", 0, plain, plain)
    changed, count = replaced(text, ALWAYS_BINARY)
    found = nodes(command, changed)
    judge("binary", count, found, [line for line in found if not re.match(r" *\d+:\d+ send ", line)])
    for operator in (b"!", b"~"):
        changed, count = replaced(text, {operator})
        found = nodes(command, changed)
        receives = sum(1 for line in found if re.match(r" *\d+:\d+ receive ", line))
        missing = ["%d of %d are receives" % (receives, count)] if receives != count else []
        judge("prefix " + operator.decode(), count, found, missing)
    return 1 if failures else 0


sys.exit(main())
