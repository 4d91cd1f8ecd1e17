#!/usr/bin/env -S /usr/bin/python3 -u
# Stands in for clangd where a test asks what it is told, byte for byte: keeps the texts, and answers
#     fake/text {uri}     the text of a document      fake/log {}     all bodies that came, as text
#     fake/die {}         by ending                   fake/say {text} by sending the text as a body of its own
# and every other request with its own params.
import json
import os
import sys

texts, log = {}, []


def send(body):
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def answer(id, result):
    send(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}).encode())


def offset(text, position):
    line = 0
    at = 0
    while line < position["line"]:
        at = text.index("\n", at) + 1
        line += 1
    units = position["character"]
    while units > 0:
        units -= 2 if ord(text[at]) > 0xffff else 1
        at += 1
    return at


def change(params):
    uri = params["textDocument"]["uri"]
    for c in params["contentChanges"]:
        text = texts[uri]
        r = c.get("range")
        texts[uri] = c["text"] if r is None else text[:offset(text, r["start"])] + c["text"] + text[offset(text, r["end"]):]


def take(body):
    log.append(body.decode(errors="replace"))
    try:
        m = json.loads(body)
    except ValueError:
        return
    method, params = m.get("method"), m.get("params")
    if method == "textDocument/didOpen":
        texts[params["textDocument"]["uri"]] = params["textDocument"]["text"]
    elif method == "textDocument/didChange":
        change(params)
    elif method == "fake/die":
        os._exit(3)
    elif method == "exit":
        sys.exit(0)
    elif "id" not in m or method is None:
        pass
    elif method == "initialize":
        answer(m["id"], {"capabilities": {}})
    elif method == "fake/text":
        answer(m["id"], texts.get(params["uri"]))
    elif method == "fake/log":
        answer(m["id"], log)
    elif method == "fake/say":
        send(params["text"].encode())
        answer(m["id"], None)
    else:
        answer(m["id"], params)


while True:
    length = None
    for line in iter(sys.stdin.buffer.readline, b"\r\n"):
        if not line:
            sys.exit(0)
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    try:
        take(sys.stdin.buffer.read(length))
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        pass
