# SPDX-License-Identifier: Apache-2.0
"""A server on this machine that speaks the hub's HTTP, and can be made to misbehave."""

import hashlib
import http.server
import json
import threading
import time

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "maker/tiny"


def git_blob(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub:
    """files: name to bytes; those in `large` lie on a second server, as LFS files do."""

    def __init__(self, files, large=(), card=None):
        self.files = dict(files)
        self.large = set(large)
        self.card = card
        self.listed = None  # instead of the names of the files
        self.status = {}  # path: (status, headers), again and again
        self.failures = {}  # file: how many times 503 comes first
        self.cuts = {}  # file: bytes after which the connection ends, once
        self.stalls = {}  # file: bytes after which nothing more comes
        self.lies = {}  # file: bytes that come instead
        self.commit_of_files = COMMIT
        self.ranges = True
        self.blobs = True  # the listing tells sizes and hashes
        self.asked = []  # (server, path, headers)
        self.over = threading.Event()
        self.front = self.serve("front")
        self.store = self.serve("store")

    def serve(self, name):
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                hub.asked.append((name, self.path, dict(self.headers)))
                hub.answer(name, self)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # a program that goes away is part of the tests
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02},
                         daemon=True).start()
        return server

    def url(self, server=None):
        return f"http://127.0.0.1:{(server or self.front).server_port}"

    def close(self):
        self.over.set()
        for server in (self.front, self.store):
            server.shutdown()
            server.server_close()

    def ranges_asked(self, name):
        return [headers["Range"] for _, path, headers in self.asked
                if path.endswith("/" + name) and "Range" in headers]

    def sibling(self, name):
        content = self.files.get(name, b"")
        one = {"rfilename": name}
        if self.blobs:
            one |= {"size": len(content), "blobId": git_blob(content)}
            if name in self.large:
                one["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        return one

    def listing(self):
        names = self.listed if self.listed is not None else self.files
        return {"id": REPOSITORY, "sha": COMMIT, "cardData": self.card, "tags": ["license:mit"],
                "siblings": [self.sibling(name) for name in names]}

    def answer(self, server, request):
        path = request.path.split("?")[0]
        if path in self.status:
            status, headers = self.status[path]
            return self.send(request, status, b"", headers)
        if path == f"/api/models/{REPOSITORY}/revision/main":
            return self.send(request, 200, json.dumps(self.listing()).encode())
        prefix = f"/{REPOSITORY}/resolve/{COMMIT}/" if server == "front" else "/store/"
        name = path.removeprefix(prefix)
        if name == path or name not in self.files:
            return self.send(request, 404, b"no", {"X-Error-Code": "RepoNotFound"})
        if self.failures.get(name, 0) > 0:
            self.failures[name] -= 1
            return self.send(request, 503, b"busy")
        headers = self.linked_headers(name)
        if server == "front" and name in self.large:
            headers["Location"] = f"{self.url(self.store)}/store/{name}"
            return self.send(request, 302, b"over there", headers)
        return self.send_file(request, name, headers)

    def linked_headers(self, name):
        content = self.files[name]
        if name not in self.large:
            return {"ETag": f'"{git_blob(content)}"', "X-Repo-Commit": self.commit_of_files}
        return {"X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": len(content), "X-Repo-Commit": self.commit_of_files}

    def send_file(self, request, name, headers):
        content = self.lies.get(name, self.files[name])
        begin = 0
        asked = request.headers.get("Range")
        if asked and self.ranges:
            begin = int(asked.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(content):
                return self.send(request, 416, b"")
            headers = headers | {"Content-Range":
                                 f"bytes {begin}-{len(content) - 1}/{len(content)}"}
        body = content[begin:]
        if name in self.cuts:
            most = self.cuts.pop(name)
        else:
            most = self.stalls.get(name, len(body))
        self.send(request, 206 if begin else 200, body, headers, most)
        if most < len(body):
            if name in self.stalls:
                self.over.wait(20)
            request.close_connection = True

    @staticmethod
    def send(request, status, body, headers=None, most=None):
        try:
            request.send_response(status)
            for key, value in {"Content-Length": len(body), **(headers or {})}.items():
                request.send_header(key, str(value))
            request.end_headers()
            request.wfile.write(body[:most])
            request.wfile.flush()
        except OSError:  # the other side has gone, as it may
            time.sleep(0)
