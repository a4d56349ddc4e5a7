"""Does what testcontainers' Ryuk does: removes by label what a test suite left, once its last connection has closed."""

import http.client
import json
import os
import socket
import threading
import time
import urllib.parse

SOCKET = "/var/run/docker.sock"
WAIT = float(os.environ.get("RYUK_RECONNECTION_TIMEOUT", "10s").rstrip("s"))

filters = []
connections = 0
changed = threading.Condition()


class Docker(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def call(method, path):
    docker = Docker("docker")
    docker.request(method, path)
    answer = docker.getresponse()
    body = answer.read()
    docker.close()
    is_json = answer.headers.get_content_type() == "application/json"
    return json.loads(body) if answer.status == 200 and is_json else None


def reap(wanted):
    query = "filters=" + urllib.parse.quote(json.dumps(wanted))
    for row in call("GET", "/containers/json?all=1&" + query) or []:
        # Itself last: it ends with this script.
        if not row["Id"].startswith(socket.gethostname()):
            call("DELETE", "/containers/%s?force=1&v=1" % row["Id"])
    for row in call("GET", "/networks?" + query) or []:
        call("DELETE", "/networks/" + row["Id"])
    for row in (call("GET", "/volumes?" + query) or {}).get("Volumes") or []:
        call("DELETE", "/volumes/" + row["Name"])


def serve(client):
    global connections
    with client, client.makefile("r") as lines:
        for line in lines:
            wanted = urllib.parse.parse_qs(line.strip())
            with changed:
                filters.append(wanted)
            client.sendall(b"ACK\n")
    with changed:
        connections -= 1
        changed.notify()


def listen():
    global connections
    server = socket.create_server(("0.0.0.0", 8080))
    call("GET", "/_ping")
    print("Started", flush=True)
    while True:
        client, _ = server.accept()
        with changed:
            connections += 1
        threading.Thread(target=serve, args=(client,), daemon=True).start()


threading.Thread(target=listen, daemon=True).start()
with changed:
    changed.wait_for(lambda: filters)
    # A connection that comes back in time goes on.
    while True:
        changed.wait_for(lambda: connections == 0)
        if not changed.wait_for(lambda: connections > 0, WAIT):
            break
for each in filters:
    reap(each)
print("Removed", flush=True)
