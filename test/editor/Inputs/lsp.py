# A small LSP client, and the words that the tests of gocc-clangd are written in.
#
# A test writes a file with markers in it: `/*1*/` names the place behind it, and is part of the text. `s.at(doc, "1")` is that place;
# `s.find(doc, "x", n)` is the range of the n-th x. Each check prints what it found wrong and ends the test.
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time

TIMEOUT = 25


class Server:
    def __init__(self, args=(), program=os.environ.get("PROXY"), root=None, capabilities=None, options=None, encoding="utf-16", env=None, initialize=True):
        self.encoding, self.id, self.notes, self.answers, self.asked = encoding, 0, [], {}, []
        self.diagnostics = {}
        self.process = subprocess.Popen([program, "--log=error", "-j=2", "--background-index=false", *args], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        self.errors = b""
        self.queue = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()
        if initialize:
            self.initialize(root, capabilities, options)

    def initialize(self, root, capabilities, options):
        base = {
            "general": {"positionEncodings": [self.encoding]},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True}},
                "hover": {"contentFormat": ["plaintext"]},
                "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
                "publishDiagnostics": {"relatedInformation": True, "codeActionsInline": False},
                "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}},
                "semanticTokens": {"requests": {"full": {"delta": True}}, "tokenTypes": [], "tokenModifiers": [], "formats": ["relative"]},
            },
            "workspace": {"applyEdit": True},
        }
        for key, value in (capabilities or {}).items():
            base.setdefault(key, {}).update(value)
        self.capabilities = self.request("initialize", {"processId": os.getpid(), "rootUri": uri_of(root) if root else None, "capabilities": base,
                                                        "initializationOptions": options or {}})["capabilities"]
        self.notify("initialized", {})

    # ---- the wire

    def _read(self):
        out = self.process.stdout
        while True:
            length = None
            while True:
                line = out.readline()
                if not line:
                    self.queue.put(None)
                    return
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                if line in (b"\r\n", b"\n") and length is not None:
                    break
            self.queue.put(json.loads(out.read(length)))

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def send_raw(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.send_raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def _take(self, timeout=TIMEOUT):
        try:
            message = self.queue.get(timeout=timeout)
        except queue.Empty:
            fail("no answer from the server", self.errors.decode(errors="replace")[-2000:])
        if message is None:
            fail("the server ended", self.errors.decode(errors="replace")[-2000:])
        if "method" in message and "id" in message:
            self.asked.append(message)
            self.send({"id": message["id"], "result": {"applied": True} if message["method"] == "workspace/applyEdit" else None})
        elif message.get("method") == "textDocument/publishDiagnostics":
            if isinstance(message["params"], dict):
                self.diagnostics[message["params"].get("uri")] = message["params"]
            self.notes.append(message)
        elif "method" in message:
            self.notes.append(message)
        else:
            self.answers[json.dumps(message["id"])] = message
        return message

    def start(self, method, params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        return self.id

    def wait(self, id):
        key = json.dumps(id)
        while key not in self.answers:
            self._take()
        return self.answers.pop(key)

    def request(self, method, params):
        answer = self.wait(self.start(method, params))
        if "error" in answer:
            fail(method, answer["error"])
        return answer.get("result")

    def wait_note(self, method, since=0):
        while True:
            for n in self.notes[since:]:
                if n["method"] == method:
                    return n["params"]
            self._take()

    # ---- documents

    def open(self, path, text=None, language="c"):
        if text is None:
            with open(path, encoding="utf-8", newline="") as f:
                text = f.read()
        doc = Document(path, text)
        self.notify("textDocument/didOpen", {"textDocument": {"uri": doc.uri, "languageId": language, "version": 1, "text": text}})
        return doc

    def change(self, doc, start, end, new):
        """Replaces [start, end), offsets in characters of Python's."""
        range = {"start": self.position(doc, start), "end": self.position(doc, end)}
        doc.text = doc.text[:start] + new + doc.text[end:]
        doc.version += 1
        self.notify("textDocument/didChange", {"textDocument": {"uri": doc.uri, "version": doc.version},
                                               "contentChanges": [{"range": range, "text": new}]})

    def change_text(self, doc, old, new, nth=0):
        start = nth_index(doc.text, old, nth)
        self.change(doc, start, start + len(old), new)

    def close(self, doc):
        self.notify("textDocument/didClose", {"textDocument": {"uri": doc.uri}})

    def diagnose(self, doc):
        """Diagnostics of the text as it is now, after clangd has parsed it."""
        while self.diagnostics.get(doc.uri, {}).get("version") != doc.version:
            self._take()
        return self.diagnostics[doc.uri]["diagnostics"]

    def diagnose_until(self, doc, messages):
        """Waits until these are the messages: clangd reads headers again in its own time."""
        end = time.time() + TIMEOUT
        while [x["message"] for x in self.diagnose(doc)] != messages:
            if time.time() > end:
                fail("diagnostics stay", self.diagnose(doc), "wanted", messages)
            self._take()

    def rename(self, doc, what, *others):
        """The changes of renaming what is at the first `what`, once they reach the other documents: clangd's index takes its time."""
        end = time.time() + TIMEOUT
        while True:
            changes = self.ask("rename", doc, self.find(doc, what)["start"], newName="fresh")["changes"]
            if all(o.uri in changes for o in others) or time.time() > end:
                return changes

    # ---- places

    def position(self, doc, offset):
        line = doc.text.count("\n", 0, offset)
        text = doc.text[doc.text.rfind("\n", 0, offset) + 1:offset]
        return {"line": line, "character": units(text, self.encoding)}

    def at(self, doc, marker):
        mark = "/*%s*/" % marker
        return self.position(doc, doc.text.index(mark) + len(mark))

    def find(self, doc, what, nth=0):
        start = nth_index(doc.text, what, nth)
        return {"start": self.position(doc, start), "end": self.position(doc, start + len(what))}

    def offset(self, doc, position):
        lines = doc.text.split("\n")
        start = sum(len(l) + 1 for l in lines[:position["line"]])
        line, n = lines[position["line"]], position["character"]
        for i in range(len(line) + 1):
            if units(line[:i], self.encoding) == n:
                return start + i
        fail("no such place", position, line)

    def text(self, doc, range):
        return doc.text[self.offset(doc, range["start"]):self.offset(doc, range["end"])]

    def ask(self, method, doc, position=None, **more):
        params = {"textDocument": {"uri": doc.uri}, **more}
        if position is not None:
            params["position"] = position
        return self.request("textDocument/" + method, params)

    def stop(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        status = self.process.wait(timeout=TIMEOUT)
        check("exit status", status, 0)


class Document:
    def __init__(self, path, text):
        self.path, self.uri, self.text, self.version = path, uri_of(path), text, 1


def uri_of(path):
    from urllib.parse import quote
    return "file://" + quote(os.path.abspath(path))


def units(text, encoding):
    if encoding == "utf-8":
        return len(text.encode())
    return len(text.encode("utf-16-le")) // 2 if encoding == "utf-16" else len(text)


def nth_index(text, what, nth):
    at = -1
    for _ in range(nth + 1):
        at = text.index(what, at + 1)
    return at


def fail(*what):
    for w in what:
        print("FAIL:", w, file=sys.stderr)
    os._exit(1)


def check(what, got, wanted):
    if got != wanted:
        fail(what, "got:    " + json.dumps(got, ensure_ascii=False), "wanted: " + json.dumps(wanted, ensure_ascii=False))


def check_in(what, part, whole):
    if part not in whole:
        fail(what, "%r is not in %r" % (part, whole))


def no_trace(what, value):
    """Nothing that people read mentions the shadow."""
    text = json.dumps(value)
    found = re.search(r"gocc_\w*|go__\w*|struct go_any|typeof \(typeof", text)
    if found:
        fail(what, "mentions " + found.group(0), text[max(0, found.start() - 200):found.end() + 200])


FAKE = {"GOCC_CLANGD": os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_clangd.py")}


def shadow_of(path, text):
    """The C that clangd is to see of a text."""
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    run = subprocess.run([os.environ["PROXY"], "-d", "shadow", path], capture_output=True)
    check("every offset of the shadow comes back", run.stderr.decode(), "")
    return run.stdout.decode()
