# Checks that the runtime includes only downwards: runtime/layers.txt against every #include "..." in runtime/.
#
# In layers.txt each line that is no comment names one layer, a folder of runtime/, from the bottom to the top; after a colon may stand
# further layers that it must not include although they are below. The public headers (include/go) may be
# included by all. Usage: layers.py ROOT
import os
import re
import sys


def read_layers(path):
    """[(name, forbidden names)], bottom first."""
    layers = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.split("#")[0].strip()
            if line:
                name, _, forbidden = line.partition(":")
                layers.append((name.strip(), forbidden.split()))
    return layers


def resolve(runtime, source, included):
    """The layer that an include names, or None for a system header."""
    for base in (os.path.dirname(source), runtime):
        path = os.path.normpath(os.path.join(base, included))
        if os.path.exists(path):
            return os.path.relpath(path, runtime).split(os.sep)[0]
    if included.startswith("go/"):
        return "include"
    return None


def check(root):
    runtime = os.path.join(root, "runtime")
    layers = read_layers(os.path.join(runtime, "layers.txt"))
    rank = {name: i for i, (name, _) in enumerate(layers)}
    forbidden = dict(layers)
    errors, includes = [], 0
    for folder, _, files in os.walk(runtime):
        layer = os.path.relpath(folder, runtime).split(os.sep)[0]
        for name in sorted(files):
            if not name.endswith((".c", ".h", ".S")):
                continue
            path = os.path.join(folder, name)
            if layer not in rank and layer != "include":
                errors.append(f"{path}: {layer} is not in layers.txt")
                continue
            with open(path, encoding="utf-8") as f:
                for n, line in enumerate(f, 1):
                    m = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
                    target = resolve(runtime, path, m.group(1)) if m else None
                    if target is None or target == layer or target == "include":
                        continue
                    includes += 1
                    if layer == "include":
                        errors.append(f"{path}:{n}: a public header includes {m.group(1)}")
                    elif target not in rank:
                        errors.append(f"{path}:{n}: {target} is not in layers.txt")
                    elif rank[target] > rank[layer] or target in forbidden[layer]:
                        errors.append(f"{path}:{n}: {layer} must not include {m.group(1)}: a layer above it")
    return errors, includes


if __name__ == "__main__":
    problems, count = check(sys.argv[1])
    print("\n".join(problems))
    print(f"{count} includes between layers, {len(problems)} wrong")
    sys.exit(bool(problems) or count == 0)
