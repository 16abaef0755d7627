"""What runs in the pods of these tests: says over HTTP what it was given; ends at SIGTERM unless it is told not to."""

from __future__ import annotations

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class _Tell(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        word_file = os.environ.get("WORD_FILE")
        told = {
            "variables": dict(os.environ),
            "arguments": sys.argv[1:],
            "file": Path(word_file).read_text() if word_file else None,
            "pid": os.getpid(),
        }
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _end(*_: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    if os.environ.get("STUBBORN"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, _end)
    HTTPServer((os.environ["POD_ADDRESS"], 8080), _Tell).serve_forever()
