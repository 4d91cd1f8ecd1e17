# Checks what style.md asks of each source file and a tool can see. Usage: files.py ROOT
import os
import re
import sys

FOLDERS = ["translator", "runtime", "grammar", "test/unit", "examples", "docs"]
SUFFIXES = (".c", ".h", ".S", ".l", ".y", ".gc", ".md")
NOTE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def problems(path, text):
    name, lines = os.path.basename(path), text.split("\n")
    # A test opens with its claim.
    if path.endswith((".c", ".h", ".S")) and "/test/" not in path and not re.match(r"(//|/\*|#) ?(\S+/)?" + re.escape(name) + r"\b", lines[0]):
        yield 1, f"does not open with '// {name} - what it is'"
    if len(lines) > 601:
        yield len(lines), "more than 600 lines"
    for n, line in enumerate(lines, 1):
        if "\t" in line and not path.endswith((".l", ".y", ".md")):  # makefiles need them
            yield n, "tab"
        if line.rstrip() != line:
            yield n, "blank at the end of the line"
        if NOTE.search(line):
            yield n, "a note to self"


def main(root):
    files = wrong = 0
    for top in FOLDERS:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if not name.endswith(SUFFIXES):
                    continue
                path = os.path.join(folder, name)
                files += 1
                with open(path, encoding="utf-8") as f:
                    for line, what in problems(path, f.read()):
                        wrong += 1
                        print(f"{os.path.relpath(path, root)}:{line}: {what}")
    print(f"{files} files, {wrong} wrong")
    return wrong == 0


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
