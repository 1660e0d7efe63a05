"""nginx and Caddy in front of a backend that believes everything, and asks the validator who may come in."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time

from .server import environment

UP_WITHIN = 10.0

NGINX = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            auth_request /_who_is_it;
            auth_request_set $who $upstream_http_x_auth_principal_arn;
            proxy_set_header X-Auth-Principal-Arn $who;
            proxy_pass http://{backend};
        }}
        location = /_who_is_it {{
            internal;
            proxy_pass {companion}/v1/forward-auth/nginx?{query};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header Validator-Token "{token}";
            proxy_set_header X-Original-Method $request_method;
            proxy_set_header X-Original-URI $request_uri;
            proxy_set_header X-Original-Host $http_host;
            proxy_set_header X-Original-Proto $scheme;
            proxy_set_header X-Original-Content-Length $content_length;
            proxy_set_header X-Real-IP $remote_addr;
        }}
    }}
}}
"""

CADDY = """
{{
    admin off
    auto_https off
}}
http://:{port} {{
    bind 127.0.0.1
    forward_auth {companion} {{
        uri /v1/forward-auth/caddy?{query}
        header_up Host {{upstream_hostport}}
        header_up Validator-Token "{token}"
        header_up X-Forwarded-Content-Length {{header.Content-Length}}
        copy_headers X-Auth-Principal-Arn
    }}
    reverse_proxy {backend}
}}
"""


def _find(name):
    return os.environ.get(f"LOCAL_STS_{name.upper()}") or shutil.which(name) or shutil.which(name, path="/usr/sbin")


# The programs, by LOCAL_STS_NGINX and LOCAL_STS_CADDY or where Debian puts them; None for one that is not there.
PROGRAMS = {name: _find(name) for name in ("nginx", "caddy")}


class Backend:
    """Answers every request with what it was told of it."""

    def __init__(self):
        class Echo(http.server.BaseHTTPRequestHandler):
            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                who = self.headers.get_all("X-Auth-Principal-Arn")
                told = {"method": self.command, "target": self.path, "who": who, "length": len(body)}
                answer = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.place = "127.0.0.1:{}".format(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class Proxy:
    """A proxy that lets nobody through whom the validator does not know."""

    def __init__(self, kind, home, companion, backend, query, token=""):
        home.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        self.place = f"127.0.0.1:{port}"
        form, config = {"nginx": (NGINX, home / "nginx.conf"), "caddy": (CADDY, home / "Caddyfile")}[kind]
        config.write_text(
            form.format(home=home, port=port, backend=backend, companion=companion, query=query, token=token)
        )
        command = {
            "nginx": [PROGRAMS["nginx"], "-p", str(home), "-c", str(config), "-e", "stderr"],
            "caddy": [PROGRAMS["caddy"], "run", "--config", str(config), "--adapter", "caddyfile"],
        }[kind]
        self._said = (home / "said").open("w+b")
        self._process = subprocess.Popen(
            command, env=environment(home), stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said
        )
        self._wait(port)

    def _wait(self, port):
        deadline = time.monotonic() + UP_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        said = self.said()
        self.stop()
        raise AssertionError(f"the proxy did not come up, and said:\n{said}")

    def said(self):
        self._said.flush()
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
