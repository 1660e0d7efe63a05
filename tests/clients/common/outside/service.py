"""A service that knows nothing of signatures and asks the validator about every request it receives."""

import hashlib
import http.server
import json
import threading
import urllib.request


class Service:
    """Hands every request to `judge`, and answers what that says: (status, content type, body)."""

    def __init__(self, judge):
        class Door(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text = judge(self.command, self.path, self.headers.items(), body)
                out = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(out)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(out)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = "http://127.0.0.1:{}".format(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def ask(server, path, question, token=None):
    """Asks the validator; answers what its JSON says, whatever the status."""
    headers = {"Content-Type": "application/json", "Validator-Protocol": "1"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    call = urllib.request.Request(server.companion + path, json.dumps(question).encode(), headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(call, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return json.load(refusal)


def received(method, target, headers, body=None):
    """What a service received, as the validator takes it."""
    request = {"method": method, "target": target, "headers": [[name, value] for name, value in headers]}
    if body is not None:
        request["bodySha256"] = hashlib.sha256(body).hexdigest()
    return request
