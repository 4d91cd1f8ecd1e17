# A client that tries the HTTP server of examples/http: http.py SERVER CASE...
#
# Each case starts a server of its own on a port that the system chooses, talks to it over raw sockets, and ends it
# with SIGTERM, which must give status 0 (with SIGKILL under the thread sanitizer, see TSAN). What is waited for has 20 seconds, which only a failure needs.
import os
import random
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time

PATIENCE = 20
HELLO = b"hello, world\n"
# The thread sanitizer keeps signals back until their thread calls a function that it knows: an idle server never does.
with open(sys.argv[1], "rb") as program:
    TSAN = b"__tsan_init" in program.read()


def until(what):
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


class Server:
    def __init__(self, *options, files=None):
        limit = files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)))
        self.process = subprocess.Popen([sys.argv[1], *options, "127.0.0.1:0"], stdout=subprocess.PIPE, preexec_fn=limit)
        self.port = int(self.process.stdout.readline().split()[-1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if not kind and not TSAN and self.process.returncode is None:
                self.process.send_signal(signal.SIGTERM)
                self.ends(0)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def ends(self, status):
        assert self.process.wait(PATIENCE) == status, self.process.returncode

    def goroutines(self):
        with Client(self) as c:
            return int(c.ask("/goroutines").body)

    # Processor time so far, in hundredths of a second.
    def ticks(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as f:
            return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))

    def connect_fails(self):
        try:
            Client(self).close()
        except ConnectionRefusedError:
            return True
        return False


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Client:
    def __init__(self, server, buffer=None):
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        more = self.socket.recv(65536)
        self.input += more
        return len(more)

    def take(self, n):
        while len(self.input) < n:
            assert self.fill(), "the connection was closed"
        taken, self.input = self.input[:n], self.input[n:]
        return taken

    def response(self, body=True):
        while b"\r\n\r\n" not in self.input:
            assert self.fill(), "the connection was closed"
        lines = self.take(self.input.index(b"\r\n\r\n") + 4).decode().split("\r\n")
        headers = {k.lower(): v for k, v in (l.split(": ", 1) for l in lines[1:] if l)}
        return Response(int(lines[0].split()[1]), headers, self.take(int(headers.get("content-length", 0))) if body else b"")

    def ask(self, path, method="GET", body=b"", more=""):
        self.send(request(path, method, body, more))
        return self.response(method != "HEAD")

    def expect_end(self):
        assert not self.fill() and not self.input, self.input


def request(path, method="GET", body=b"", more=""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: test\r\n{more}{length}\r\n".encode() + body


def refused(server, data, status):
    with Client(server) as c:
        c.send(data)
        answer = c.response()
        assert answer.status == status and answer.headers["connection"] == "close", (answer.status, data)
        c.expect_end()


# ---- the cases ------------------------------------------------------------------------------------

def requests():
    with Server() as s, Client(s) as c:
        for _ in range(20):                                     # one connection for all
            assert c.ask("/").body == HELLO
        assert c.ask("/", "HEAD").headers["content-length"] == str(len(HELLO))
        assert c.ask("/echo", "POST", b"some\0thing").body == b"some\0thing"
        assert c.ask("/sleep?x=1&ms=3").body == b"slept 3 ms\n"
        assert c.ask("/nowhere").status == 404
        answer = c.ask("/", "DELETE")
        assert answer.status == 405 and answer.headers["allow"] == "GET, HEAD"
        assert c.ask("/divide?by=0").status == 500              # a panic
        chunked = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        c.send(chunked)
        assert c.response().body == b"abcde"
        c.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        assert c.response().headers["connection"] == "keep-alive"
        assert c.ask("/", more="Connection: close\r\n").headers["connection"] == "close"
        c.expect_end()


def pipelining():
    with Server() as s, Client(s) as c:
        bodies = [b"%d" % i * (i * 37 % 1000 + 1) for i in range(100)]
        c.send(b"".join(request("/echo", "POST", b) for b in bodies))
        for b in bodies:
            assert c.response().body == b


def split_bytes():
    with Server() as s, Client(s) as c:
        for byte in request("/echo?a=b", "POST", b"12345", "X-Long: words\r\nX-Empty:\r\n") + request("/"):
            c.send(bytes([byte]))
        assert c.response().body == b"12345"
        assert c.response().body == HELLO


def half_close():
    with Server() as s, Client(s) as c:
        c.send(request("/sleep?ms=20") + request("/"))
        c.socket.shutdown(socket.SHUT_WR)
        assert c.response().status == 200 and c.response().body == HELLO
        c.expect_end()


def slow_loris():
    with Server("-r", "200") as s, Client(s) as c, Client(s) as other:
        c.send(b"GET / HTTP/1.1\r\nX: ")
        while not select.select([c.socket], [], [], 0.01)[0]:   # bytes keep coming, the request never ends
            c.send(b"x")
        answer = c.response()
        assert answer.status == 408 and answer.headers["connection"] == "close"
        assert other.ask("/").status == 200
    with Server("-r", "100") as s, Client(s) as c:
        c.send(request("/echo", "POST", b"12345")[:-1])
        assert c.response().status == 408


def idle():
    with Server("-i", "50") as s, Client(s) as c:
        assert c.ask("/sleep?ms=100").status == 200             # at work is not idle
        c.expect_end()


def slow_reader():
    with Server("-w", "100", "-b", "20000000") as s, Client(s, buffer=4096) as c:
        before = s.goroutines()
        c.send(request("/echo", "POST", bytes(16 << 20)))       # more than the kernel's buffers, and nobody reads
        until(lambda: s.goroutines() < before)


def limits():
    with Server("-b", "1000") as s:
        get = b"GET / HTTP/1.1\r\nHost: x\r\n"
        post = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
        chunked = post + b"Transfer-Encoding: chunked\r\n\r\n"
        refused(s, get + b"X: " + bytes(b"y" * 9000) + b"\r\n\r\n", 431)
        refused(s, get + b"X: y\r\n" * 2000 + b"\r\n", 431)
        refused(s, b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n", 431)
        refused(s, post + b"Content-Length: 1001\r\n\r\n" + bytes(1001), 413)
        refused(s, post + b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n", 413)
        refused(s, chunked + b"3e8\r\n" + bytes(1000) + b"\r\n1\r\n1\r\n", 413)
        refused(s, post + b"Content-Length: 99999999999999999999999\r\n\r\n", 400)
        refused(s, post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400)
        refused(s, chunked + b"zz\r\n", 400)
        refused(s, post + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501)
        refused(s, b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501)
        refused(s, b"GET / HTTP/1.1\r\n\r\n", 400)              # no host
        refused(s, b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505)
        refused(s, b"\x16\x03\x01\x02\x00\x01", 400)            # TLS
        with Client(s) as c:
            assert c.ask("/echo", "POST", bytes(1000)).body == bytes(1000)


def garbage():
    dice = random.Random(1)
    whole = request("/echo", "POST", b"12345", "Connection: close\r\n")
    with Server() as s:
        before = s.goroutines()
        for i in range(150):
            data = bytearray(dice.randbytes(dice.randrange(1, 2000)) if i % 3 == 0 else whole)
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            with Client(s) as c:
                try:
                    c.send(data)
                    c.socket.shutdown(socket.SHUT_WR)
                    while c.fill():
                        pass
                except OSError:                                 # it may well reset the connection
                    pass
                assert not c.input or c.input.startswith(b"HTTP/1.1 "), c.input
        until(lambda: s.goroutines() <= before)


# Requests that are nearly right, and worse.
PIECES = [b"GET ", b"POST ", b"HEAD ", b"/", b"/echo", b"/divide?by=0", b"*", b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/9.9\r\n",
          b"Host: a\r\n", b"Host:", b"Content-Length: 5\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n",
          b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Upgrade: h2c\r\n", b"\r\n", b"\r\n\r\n",
          b"\n", b"5\r\nhello\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n", b"hello", b"\0", b"%", b"a" * 9000, b"X: y\r\n" * 50]


def nonsense(dice):
    kind = dice.randrange(4)
    if kind == 0:
        return dice.randbytes(dice.randrange(1, 3000))
    if kind == 1:
        return b"".join(dice.choices(PIECES, k=dice.randrange(1, 12)))
    data = bytearray(request("/echo", "POST", b"12345", dice.choice(["", "Connection: close\r\n", "Expect: 100-continue\r\n"])) * dice.randrange(1, 4))
    for _ in range(dice.randrange(kind)):
        at = dice.randrange(len(data))
        data[at:at + dice.randrange(3)] = dice.choice(PIECES) if dice.randrange(2) else dice.randbytes(dice.randrange(4))
    return bytes(data[:dice.randrange(1, len(data) + 1)]) if dice.randrange(3) == 0 else bytes(data)


def resident(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="utf-8") as f:
        return int(f.read().split()[1]) * 4


# Two dozen connections at a time that send nonsense in pieces, read or do not, and end in every way; for 2 seconds,
# or STRESS times that. Who asks properly in between is answered.
def nonsense_storm():
    seconds, seed = 2 * int(os.environ.get("STRESS", "1")), random.randrange(1 << 32)
    dice, connections, sent, asked = random.Random(seed), [], 0, 0
    print("seed", seed, flush=True)
    with Server("-i", "300", "-r", "300", "-w", "300") as s:
        before, end, memory = s.goroutines(), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            if len(connections) < 24:
                c = Client(s)
                c.socket.settimeout(0)
                connections.append((c, [nonsense(dice)]))
            c, rest = dice.choice(connections)
            action, over = dice.randrange(12), False
            try:
                if rest[0]:
                    n = c.socket.send(rest[0][:dice.randrange(1, len(rest[0]) + 1)])
                    rest[0] = rest[0][n:]
                elif action == 0:
                    c.socket.shutdown(socket.SHUT_WR)
                elif action == 1:
                    over = True
                if action > 3:
                    over = not c.fill()
            except BlockingIOError:
                pass
            except OSError:
                over = True
            assert not c.input or c.input.startswith(b"HTTP/1.1 "), c.input
            if over or action == 2 and dice.randrange(10) == 0:
                connections.remove((c, rest))
                c.reset() if dice.randrange(2) else c.close()
                sent += 1
                if sent % 50 == 0:
                    with Client(s) as good:
                        assert good.ask("/").body == HELLO
                    asked += 1
                    memory = memory or sent > 300 and resident(s)
        for c, _ in connections:
            c.close()
        until(lambda: s.goroutines() <= before)
        assert not memory or resident(s) < memory + (1 << 16), (memory, resident(s))
        print(f"{sent} connections of nonsense, {asked} questions answered, resident {memory} to {resident(s)} KiB")


def resets():
    whole = request("/echo", "POST", bytes(5000))
    with Server() as s:
        before = s.goroutines()
        for i in range(100):
            c = Client(s)
            c.send(whole[:i * len(whole) // 99])
            c.reset()
        until(lambda: s.goroutines() <= before)


def many():
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Server() as s:
        clients = [Client(s) for _ in range(500)]
        for turn in range(2):
            for i, c in enumerate(clients):
                c.send(request("/echo", "POST", b"%d" % i))
            for i, c in enumerate(clients):
                assert c.response().body == b"%d" % i
        assert s.goroutines() > 500
        for c in clients:
            c.close()


def few_descriptors():
    limit, n = 40, 80
    with Server(files=limit) as s:
        clients = [Client(s) for _ in range(n)]
        for c in clients:
            c.send(b"GET / HTTP/1.1\r\nConnection: close\r\n")
        until(lambda: len(os.listdir(f"/proc/{s.process.pid}/fd")) >= limit)
        before = s.ticks()
        time.sleep(0.3)
        assert s.ticks() - before < 15, "it spins"              # of 30 that have passed
        for c in clients:
            c.send(b"Host: x\r\n\r\n")
        for c in clients:
            assert c.response().body == HELLO
            c.expect_end()
            c.close()


def shut_down():
    with Server() as s, Client(s) as busy, Client(s) as idle:
        assert idle.ask("/").status == 200
        busy.send(request("/echo", "POST", b"12345", "Expect: 100-continue\r\n")[:-5])
        assert busy.response().status == 100                    # it is under way
        s.process.send_signal(signal.SIGTERM)
        idle.expect_end()
        assert s.connect_fails()
        busy.send(b"12345")
        answer = busy.response()
        assert answer.body == b"12345" and answer.headers["connection"] == "close"
        busy.expect_end()
        busy.close()
        s.ends(0)


def shut_down_has_a_limit():
    with Server("-g", "100") as s, Client(s) as c:
        c.send(request("/echo", "POST", b"12345", "Expect: 100-continue\r\n")[:-5])
        assert c.response().status == 100
        s.process.send_signal(signal.SIGTERM)
        s.ends(1)


def curl():
    with Server() as s:
        here = f"http://127.0.0.1:{s.port}"
        ask = lambda *args, **more: subprocess.run(["curl", "-sS", "--noproxy", "*", *args], capture_output=True, check=True, **more)
        assert ask(here + "/").stdout == HELLO
        large = random.Random(1).randbytes(1 << 20)
        assert ask("-H", "Expect: 100-continue", "--data-binary", "@-", here + "/echo", input=large).stdout == large
        assert ask("-T", "-", here + "/echo", input=large).stdout == large      # chunked
        assert ask("--data-binary", "@-", "-w", "%{http_code}", "-o", "/dev/null", here + "/echo", input=large + b"1").stdout == b"413"
        several = ask("-w", "%{num_connects} ", *[here + "/sleep?ms=1"] * 3).stdout
        assert several == b"slept 1 ms\n1 slept 1 ms\n0 slept 1 ms\n0 ", several


for case in sys.argv[2:]:
    globals()[case]()
    print(case, "holds")
