"""A plain server that counts what it is sent, and sends as many bytes as it is asked for."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = b"x" * 65536


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):
        count = 0
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                while size > 0:
                    got = len(self.rfile.read(min(size, 1 << 20)))
                    count, size = count + got, size - got
                self.rfile.readline()
            self.rfile.readline()
        else:
            left = int(self.headers["content-length"])
            while left > 0:
                got = len(self.rfile.read(min(left, 1 << 20)))
                count, left = count + got, left - got
        self.answer(str(count).encode())

    def do_GET(self):
        left = int(self.path[1:])
        self.send_response(200)
        self.send_header("content-length", str(left))
        self.end_headers()
        while left > 0:
            left -= self.wfile.write(CHUNK[: min(left, len(CHUNK))])

    def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
