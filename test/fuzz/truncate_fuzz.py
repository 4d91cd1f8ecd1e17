#!/usr/bin/env python3
"""A program of every construct, cut at many places, goes through the whole of gocc: a message or a success, never a crash or a hang,
and no object file after an error."""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def compile_cut(gocc, text, folder):
    """What is wrong with how gocc takes the text, or None."""
    source, out = os.path.join(folder, "cut.gc"), os.path.join(folder, "cut.o")
    with open(source, "wb") as file:
        file.write(text)
    if os.path.exists(out):
        os.unlink(out)
    try:
        done = subprocess.run([gocc, "-w", "-c", source, "-o", out], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "hangs"
    words = done.stderr.decode("latin-1")
    if done.returncode not in (0, 1) or "internal" in words:
        return "status %d: %s" % (done.returncode, words[-300:])
    if done.returncode == 1 and "error:" not in words:
        return "fails without a message"
    if (done.returncode == 0) != os.path.exists(out):
        return "status %d, but the object is %s" % (done.returncode, "there" if os.path.exists(out) else "missing")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gocc", required=True)
    parser.add_argument("--step", type=int, default=17, help="bytes from one cut to the next; 1 for all")
    parser.add_argument("file", nargs="?", default=os.path.join(HERE, "Inputs", "every_construct.gc"))
    options = parser.parse_args()
    with open(options.file, "rb") as file:
        text = file.read()
    failures, cuts = 0, range(0, len(text) + 1, options.step)
    with tempfile.TemporaryDirectory() as folder:
        for cut in cuts:
            wrong = compile_cut(options.gocc, text[:cut], folder)
            if wrong:
                failures += 1
                print("cut at %d: %s" % (cut, wrong))
    print("%d cuts, %d wrong" % (len(cuts), failures))
    return 1 if failures else 0


sys.exit(main())
