# Runs the code blocks of a Markdown file: blocks.py ROOT WORKDIR FILE COMPILER...
#
# A ```c block is a program: it is compiled without a warning, run, and its output compared with the ```text block
# that follows it (a program without one must print nothing). ```sh blocks are run line by line in ROOT, and
# must succeed, but for `./dev test`, which is what runs this. Blocks of other kinds are an error: nobody would notice when they
# went stale.
import os
import re
import subprocess
import sys

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def run_program(text, expected, name, work, compiler):
    source, program = os.path.join(work, name + ".gc"), os.path.join(work, name)
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    compiled = subprocess.run(compiler + ["-Wall", "-Wextra", "-Werror", source, "-o", program],
                              capture_output=True, text=True)
    if compiled.returncode or compiled.stderr:
        return "does not compile:\n" + compiled.stderr
    ran = subprocess.run([program], capture_output=True, text=True, timeout=20)
    if ran.returncode or ran.stderr or ran.stdout != expected:
        return f"status {ran.returncode}, printed:\n{ran.stdout}{ran.stderr}expected:\n{expected}"
    return None


def run_commands(text, root):
    for line in text.splitlines():
        command = line.split("  #")[0].strip()
        if command in ("", "./dev test"):
            continue
        ran = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True, timeout=60)
        if ran.returncode:
            return f"{command}: status {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return None


def run_file(root, work, path, compiler):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    blocks = [(m.group(1), m.group(2), text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]
    failed = 0
    for i, (kind, body, line) in enumerate(blocks):
        if kind == "c":
            follows = i + 1 < len(blocks) and blocks[i + 1][0] == "text"
            problem = run_program(body, blocks[i + 1][1] if follows else "", f"line{line}", work, compiler)
        elif kind == "sh":
            problem = run_commands(body, root)
        elif kind == "text" and i and blocks[i - 1][0] == "c":
            problem = None
        else:
            problem = f"a block of kind '{kind}' is not run by anything"
        if problem:
            failed += 1
            print(f"{path}:{line}: {problem}")
    print(f"{len(blocks)} blocks, {failed} failed")
    return failed == 0


if __name__ == "__main__":
    root, work, path = sys.argv[1:4]
    os.makedirs(work, exist_ok=True)
    sys.exit(not run_file(root, work, path, sys.argv[4:]))
