# Runs the code blocks of a Markdown file: blocks.py ROOT WORKDIR FILE COMPILER...
#
# A ```c block is a program: it is compiled without a warning, run, and its output compared with the ```text block
# that follows it (a program without one must print nothing). ```sh blocks are run line by line in ROOT, and
# must succeed, but for `./dev test`, which is what runs this, and for what builds a release; `gocc` is the compiler, `build/release` where it
# was built. Blocks of configuration (cmake, lua ...) are parts of files of examples/build/ or editor/, which other tests use. Blocks of other
# kinds are an error: nobody would notice when they went stale.
import os
import re
import subprocess
import sys

QUOTED = ("cmake", "make", "meson", "vim", "lua", "elisp", "toml", "kak", "json")
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


def run_commands(text, root, compiler):
    bin_directory = os.path.dirname(compiler[0])
    environment = dict(os.environ, PATH=bin_directory + os.pathsep + os.environ["PATH"])
    for line in text.splitlines():
        command = line.split("  #")[0].strip()
        if command in ("", "./dev test", "./dev --preset release build"):
            continue
        command = command.replace("build/release", os.path.dirname(bin_directory))
        ran = subprocess.run(command, shell=True, cwd=root, env=environment, capture_output=True, text=True, timeout=60)
        if ran.returncode:
            return f"{command}: status {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return None


# The block's lines, one after the other, in a file of ours.
def find_quoted(text, root):
    for top in ("examples/build", "editor"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in names:
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                    if "\n" + text in "\n" + f.read():
                        return None
    return "no file of examples/build or editor has these lines"


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
            problem = run_commands(body, root, compiler)
        elif kind in QUOTED:
            problem = find_quoted(body, root)
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
