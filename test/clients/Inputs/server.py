# Starts a server for a program that is its client, and leaves nothing behind.
#
#     server.py has NAME               status 0: the server is installed, or unpacked in build/servers
#     server.py with NAME COMMAND...   starts it, runs COMMAND, stops it; COMMAND's status
#
# NAME: redis, postgresql, mariadb; http:PROGRAM, that server of examples/http; https, a few lines of Python, which say who
# they are by SERVER_CERTIFICATE. Each run has its own server in a
# directory of its own, and never meets one that runs on the machine: it listens on a Unix socket there
# (SERVER_SOCKET for COMMAND; SERVER_DIRECTORY is the directory), or on a port of the loopback that the system
# chooses (SERVER_PORT).
#
# The server is the child of a process apart, the keeper, which ends it and removes the directory when this one is
# gone: however that comes about, also by SIGKILL.
import contextlib
import ctypes
import glob
import http.server
import json
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
UNPACKED = os.path.join(ROOT, "build", "servers")
PATIENCE = 20  # seconds for what happens at once on an idle machine
PR_SET_PDEATHSIG = 1


# ---- which are here -----------------------------------------------------------------------------

PROGRAMS = {
    "redis": ("usr/bin/redis-server", "usr/bin/redis-check-rdb"),  # the same program: it goes by its name
    "postgresql": ("usr/lib/postgresql/*/bin/postgres",),
    "mariadb": ("usr/sbin/mariadbd",),
}


# The file of an installed or of an unpacked package; None: it is in neither.
def find(name):
    for pattern in PROGRAMS[name]:
        for start in ("/", UNPACKED):
            for path in sorted(glob.glob(os.path.join(start, pattern)), reverse=True):
                if os.access(path, os.X_OK):
                    return path
    return None


# Are its libraries here, too?
def runs(name, program):
    command = ["redis-server" if name == "redis" else program, "--version"]
    return subprocess.run(command, executable=program, capture_output=True).returncode == 0


# ---- without root's rights ----------------------------------------------------------------------

# Databases refuse to run as root: then they run as nobody. None: who we are will do.
def user():
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def give_up_rights():
    who = user()
    if who:
        os.setgroups([])
        os.setgid(who.pw_gid)
        os.setuid(who.pw_uid)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # after setuid, which clears it


# Can the user above come to the program, or is the checkout in a directory of root's?
def is_reachable(program):
    return subprocess.run(["/usr/bin/test", "-r", program], preexec_fn=give_up_rights).returncode == 0


# ---- starting -----------------------------------------------------------------------------------

class Server:
    def __init__(self, directory):
        self.directory = directory
        self.socket = os.path.join(directory, "socket")
        self.environment = {"SERVER_DIRECTORY": directory, "SERVER_SOCKET": self.socket}
        self.log = os.path.join(directory, "log")
        self.stop = signal.SIGKILL
        self.process = None

    def start(self, *command, **options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=options.pop("stdout", log), stderr=log, cwd=self.directory,
                env={**os.environ, "TMPDIR": self.directory}, start_new_session=True, preexec_fn=give_up_rights, **options)

    # Where the server's user finds it.
    def program(self, name):
        program = find(name)
        if not program:
            self.fail(f"{name} is not here: ./dev test clients")
        if is_reachable(program):
            return program
        copy = os.path.join(self.directory, "copy")
        shutil.copytree(UNPACKED, copy, symlinks=True)
        return os.path.join(copy, os.path.relpath(program, UNPACKED))

    def fail(self, why):
        with open(self.log, "a"):
            pass
        with open(self.log, encoding="utf-8", errors="replace") as f:
            print(f.read()[-3000:], file=sys.stderr)
        sys.exit(f"server.py: {why}")

    def until(self, answers):
        end = time.monotonic() + PATIENCE
        while not answers():
            if self.process.poll() is not None:
                self.fail(f"the server has ended with status {self.process.returncode}")
            if time.monotonic() > end:
                self.fail("the server does not answer")
            time.sleep(0.01)

    def accepts(self):
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(self.socket) == 0

    # PostgreSQL accepts connections that it then refuses.
    @staticmethod
    def says_ready(path):
        with contextlib.suppress(OSError), open(path, encoding="utf-8") as f:
            return "ready" in f.read()
        return False

    def redis(self):
        program = os.path.join(self.directory, "redis-server")  # it knows what to be by its name
        os.symlink(self.program("redis"), program)
        self.start(program, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "777", "--save", "",
                   "--maxclients", "1000", "--enable-debug-command", "local")
        self.until(self.accepts)

    # initdb takes longer than a test: what it makes is kept, and copied.
    def postgresql_data(self, postgres, data):
        kept = os.path.join(UNPACKED, f"postgresql-data-{os.stat(postgres).st_mtime_ns}")
        if os.path.exists(kept):
            subprocess.run(["cp", "-a", kept, data], check=True)
            return
        self.start(os.path.join(os.path.dirname(postgres), "initdb"), "-D", data, "-U", "gocc", "-A", "trust",
                   "--locale=C.UTF-8", "--no-sync", "--no-instructions")
        if self.process.wait(PATIENCE) != 0:
            self.fail("initdb failed")
        os.makedirs(UNPACKED, exist_ok=True)
        subprocess.run(["cp", "-a", data, f"{kept}-{os.getpid()}"], check=True)
        try:
            os.rename(f"{kept}-{os.getpid()}", kept)
        except OSError:  # another one was quicker
            shutil.rmtree(f"{kept}-{os.getpid()}")

    # Connected to as user gocc, database postgres, host SERVER_DIRECTORY, port 5432.
    def postgresql(self):
        postgres = self.program("postgresql")
        data = os.path.join(self.directory, "data")
        self.postgresql_data(postgres, data)
        self.start(postgres, "-D", data, "-k", self.directory, "-h", "", "-p", "5432", "-c", "max_connections=150",
                   "-c", "fsync=off", "-c", "jit=off", "-c", "shared_buffers=32MB", "-c", "log_min_messages=fatal",
                   "-c", "log_min_error_statement=panic")
        self.stop = signal.SIGQUIT  # its children end, too
        self.socket = os.path.join(self.directory, ".s.PGSQL.5432")
        self.environment["SERVER_SOCKET"] = self.socket
        self.until(lambda: self.says_ready(os.path.join(data, "postmaster.pid")))

    # Without tables of rights: everybody may do everything.
    def mariadb(self):
        program = self.program("mariadb")
        base = os.path.dirname(os.path.dirname(program))
        data = os.path.join(self.directory, "data")
        os.mkdir(data)
        if user():
            os.chown(data, user().pw_uid, user().pw_gid)
        self.start(program, "--no-defaults", f"--basedir={base}", f"--datadir={data}", f"--socket={self.socket}",
                   f"--pid-file={data}/pid", f"--lc-messages-dir={base}/share/mysql",
                   f"--character-sets-dir={base}/share/mysql/charsets", "--skip-grant-tables", "--skip-networking",
                   "--skip-log-error", "--max-connections=300", "--innodb-flush-log-at-trx-commit=0",
                   "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=24M", "--max-allowed-packet=16M")
        self.until(self.accepts)

    # A file of ours, where the server's user finds it.
    def file(self, path):
        return path if is_reachable(path) else shutil.copy(path, self.directory)

    def http(self, program):
        self.start(self.file(program), "127.0.0.1:0", stdout=subprocess.PIPE)
        self.environment["SERVER_PORT"] = self.process.stdout.readline().split()[-1].decode()

    def end(self):
        if not self.process or self.process.poll() is not None:
            return
        self.process.send_signal(self.stop)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def https(self):
        certificate = os.path.join(self.directory, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
                        "-keyout", certificate, "-out", certificate + ".pem"], check=True, capture_output=True)
        with open(certificate + ".pem", encoding="utf-8") as public, open(certificate, "a", encoding="utf-8") as both:
            both.write(public.read())
        os.chmod(certificate, 0o644)  # of no worth to anybody, and the server is another user
        self.start(sys.executable, self.file(os.path.abspath(__file__)), "tls", certificate, stdout=subprocess.PIPE)
        self.environment["SERVER_CERTIFICATE"] = certificate + ".pem"
        self.environment["SERVER_PORT"] = self.process.stdout.readline().split()[-1].decode()


# ---- a server with TLS --------------------------------------------------------------------------

class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class TlsServer(http.server.ThreadingHTTPServer):
    request_queue_size = 200


def serve_tls(certificate):
    server = TlsServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("port", server.server_port, flush=True)
    server.serve_forever()


# ---- the keeper ---------------------------------------------------------------------------------


def keep(name, life, report):
    directory = tempfile.mkdtemp(prefix="gocc-clients-", dir="/tmp")  # short: a socket's name has 107 bytes
    server = Server(directory)
    try:
        if user():
            os.chown(directory, user().pw_uid, user().pw_gid)
        kind, _, argument = name.partition(":")
        getattr(server, kind)(*([argument] if argument else []))
        os.write(report, json.dumps(server.environment).encode() + b"\n")
        os.read(life, 1)  # the end of it: the other process is gone, or has done
    finally:
        server.end()
        shutil.rmtree(directory)


# Forks the keeper, no child of ours: who kills our children shall not find it. Returns what ends it, what it
# reports to.
def start_keeper(name):
    life, report = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(life[1])
            os.close(report[0])
            try:
                keep(name, life[0], report[1])
            except SystemExit as e:
                print(e, file=sys.stderr)
            finally:
                sys.stderr.flush()
                os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(life[0])
    os.close(report[1])
    return life[1], open(report[0], encoding="utf-8")


def run_with(name, command):
    life, report = start_keeper(name)
    answer = report.readline()
    if not answer:
        sys.exit(f"server.py: no {name}")
    status = subprocess.run(command, env={**os.environ, **json.loads(answer)}).returncode
    os.close(life)
    report.read()  # to the end: the keeper has cleaned up
    return status if status >= 0 else 128 - status


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "has":
        program = find(sys.argv[2])
        sys.exit(not (program and runs(sys.argv[2], program)))
    if len(sys.argv) == 3 and sys.argv[1] == "tls":
        serve_tls(sys.argv[2])
    if len(sys.argv) < 4 or sys.argv[1] != "with":
        sys.exit("usage: server.py has NAME | with NAME COMMAND...")
    sys.exit(run_with(sys.argv[2], sys.argv[3:]))


if __name__ == "__main__":
    main()
