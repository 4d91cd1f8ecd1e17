# The test suite, for llvm's lit. `./dev test` runs it once per preset.
#
# A test is a file with RUN lines: .gc, .c, .test or .sh; a C file under unit/ without RUN lines is a unit test:
# its executable is built by CMake, and passes by exiting with 0. Parameters: preset (dev, asan, tsan, small,
# release), llvm (its directory), out (where tests write).
#
# Under presets other than dev only what can differ there runs: see `shared_suites`.
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import gocctest

preset = lit_config.params.get("preset", "dev")
llvm = lit_config.params.get("llvm", "/usr/lib/llvm-22")
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
build = os.path.join(root, "build", preset)


config.name = "gocc-" + preset
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = lit_config.params.get("out", os.path.join(build, "test", "out"))
lit_config.maxIndividualTestTime = int(os.environ.get("TEST_TIMEOUT", "30" if preset != "tsan" else "60"))
config.suffixes = [".gc", ".c", ".test", ".sh"]
# Inputs: what tests read, not tests themselves.
config.excludes = ["Inputs", "bench", "superset", "lit.cfg.py", "count.py", "gocctest.py"]
config.test_format = gocctest.GoccTest(build)

# Suites that say something new when the runtime is built in another way. The others ask about text.
shared_suites = ["conformance", "gc", "io", "lang", "race", "crash", "sched", "stress", "unit", "examples", "clients",
                 "editor"]
if preset not in ("dev", "release"):
    for name in sorted(os.listdir(config.test_source_root)):
        path = os.path.join(config.test_source_root, name)
        if os.path.isdir(path) and name not in shared_suites:
            config.excludes.append(name)
# The translator and gocc-clangd are the same programs in these.
if preset in ("tsan", "small"):
    config.excludes += ["editor"] + [n for n in os.listdir(os.path.join(root, "test", "unit")) if n.startswith("tr_")]

# The environment of tests is the same for everyone.
for name in ("GOMAXPROCS", "GODEBUG", "GOTRACEBACK", "GOGC", "GOMEMLIMIT", "GOCC_CC", "CC", "CFLAGS"):
    config.environment.pop(name, None)
# A whole run under some GODEBUG: `TEST_GODEBUG=gcstress=1,clobberfree=1 ./dev test`.
if os.environ.get("TEST_GODEBUG"):
    config.environment["GODEBUG"] = os.environ["TEST_GODEBUG"]
    # For tests that ask when collections come, or would take minutes.
    if "gcstress=1" in os.environ["TEST_GODEBUG"]:
        config.available_features.add("gcstress")
config.environment["LC_ALL"] = "C.UTF-8"
config.environment["PATH"] = os.pathsep.join([os.path.join(llvm, "bin"), os.environ["PATH"]])
config.environment["HOME"] = os.environ.get("HOME", "/")
config.environment["ASAN_OPTIONS"] = "detect_leaks=0"
config.environment["TSAN_OPTIONS"] = "halt_on_error=1"
config.environment["STRESS"] = os.environ.get("STRESS", "1")

sanitize = {"asan": " -fsanitize=address", "tsan": " -fsanitize=thread"}.get(preset, "")
gocc = os.path.join(build, "bin", "gocc")
clang = shutil.which("clang-" + llvm.rsplit("-", 1)[-1]) or os.path.join(llvm, "bin", "clang")
server = "/usr/bin/python3 " + os.path.join(root, "test", "clients", "Inputs", "server.py")
config.substitutions += [
    ("%server", server), # see its head
    # %gocc compiles as the preset says; %plain_gocc is the bare command.
    ("%gocc", gocc + sanitize),
    ("%plain_gocc", gocc),
    ("%cc", "gcc" + sanitize),
    ("%clang", clang),
    ("%root", root),
    ("%build", build),
    ("%examples", os.path.join(root, "examples")),
    ("%libgort", os.path.join(build, "lib", "gocc", "libgort%s.a" % {"asan": "-asan", "tsan": "-tsan"}.get(preset, ""))),
    ("%include", os.path.join(root, "runtime", "include")),
    ("%llvm", llvm),
    # A test of the language server is a program of Python's.
    ("%lsp", "env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=%s PROXY=%s /usr/bin/python3" %
     (os.path.join(root, "test", "editor", "Inputs"), os.path.join(build, "bin", "gocc-clangd"))),
]
config.available_features.add(preset)
if os.path.exists(clang):
    config.available_features.add("clang")
if shutil.which("gdb"):
    config.available_features.add("gdb")
if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode == 0:
    config.available_features.add("unshare")
for tool in ("g++", "meson", "ccache", "autoconf", "cmake", "bear", "mandoc", "vim", "node", "openssl"):
    if shutil.which(tool):
        config.available_features.add("has-" + tool)
# Servers, and what their clients are built with: the tests of test/clients.
headers = {"redis": "hiredis/hiredis.h", "postgresql": "postgresql/libpq-fe.h", "mariadb": "mariadb/mysql.h"}
for name, header in headers.items():
    if os.path.exists("/usr/include/" + header) and subprocess.run(server.split() + ["has", name]).returncode == 0:
        config.available_features.add("has-" + name)
if shutil.which("curl-config"):
    config.available_features.add("has-libcurl")
# Editors, and what npm has fetched: only ./dev editors asks for them.
if os.environ.get("EDITORS"):
    config.available_features.add("editors")
# Go is looked for, not fetched: no test needs it to pass.
if shutil.which("go") or os.path.exists(os.path.join(root, "build", "go", "bin", "go")):
    config.available_features.add("has-go")
