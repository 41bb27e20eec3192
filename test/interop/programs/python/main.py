"""Serves the functions with the web server of the standard library."""
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from statefun import RequestReplyHandler

from functions import functions

handler = RequestReplyHandler(functions)


class Serve(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            status, answer = 200, handler.handle_sync(body)
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            status, answer = 500, b""
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Serve)
print(f"listening on {server.server_address[1]}", flush=True)
server.serve_forever()
