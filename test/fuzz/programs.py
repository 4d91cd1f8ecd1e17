"""What the fuzzers share that make programs, and run them: not a fuzzer itself."""
import argparse
import subprocess


def run(command, limit=60):
    """The status, the standard output and the standard error of a command; -99 where it took more than `limit` seconds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return -99, "", "longer than %d seconds" % limit


def options_of(purpose, count):
    """The options of a fuzzer that makes a program of every seed; it may add its own before it parses."""
    parser = argparse.ArgumentParser(description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gocc", required=True)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=count)
    return parser
