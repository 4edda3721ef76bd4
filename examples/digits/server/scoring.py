"""MLflow's scoring protocol over a function: `GET /ping`, `POST /invocations`. Knows pixels, not PyTorch."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Predict = Callable[[list[list[float]]], list[int]]
PIXELS = [f"p{index}" for index in range(64)]
LARGEST_BODY = 16 * 2**20


class BadRequest(ValueError):
    """The caller's mistake."""


def read_images(payload: Any) -> list[list[float]]:
    """The 64 pixels, 0 to 16, of each record. Raises BadRequest with the place of the first mistake."""
    records = payload.get("dataframe_records") if isinstance(payload, dict) else None
    if not isinstance(records, list):
        raise BadRequest('expected {"dataframe_records": [{"p0": …, … "p63": …}]}')
    return [_pixels(record, f"dataframe_records.{index}") for index, record in enumerate(records)]


def _pixels(record: Any, where: str) -> list[float]:
    if not isinstance(record, dict):
        raise BadRequest(f"{where}: expected an object, got {json.dumps(record)[:60]}")
    values = [record.get(name) for name in PIXELS]
    for name, value in zip(PIXELS, values):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 16:
            got = "nothing" if value is None else json.dumps(value)[:60]
            raise BadRequest(f"{where}.{name}: expected a number from 0 to 16, got {got}")
    return [float(value) for value in values]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, predict: Predict, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.predict = predict


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet

    def do_GET(self) -> None:
        if self.path == "/ping":
            self.answer(200, None)
        else:
            self.refuse(404, "NOT_FOUND", f"no page {self.path}")

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if self.path != "/invocations" or not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True  # the body stays unread
            return self.refuse(400, "BAD_REQUEST", "expected POST /invocations with a content-length up to 16 MiB")
        try:
            images = read_images(json.loads(self.rfile.read(int(length))))
            self.answer(200, {"predictions": self.server.predict(images) if images else []})
        except (ValueError, RecursionError) as error:  # BadRequest, and whatever json and UTF-8 have to say
            self.refuse(400, "BAD_REQUEST", str(error))
        except Exception as error:
            print(f"serve: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.refuse(500, "INTERNAL_ERROR", f"{type(error).__name__}: {error}")

    def refuse(self, status: int, code: str, message: str) -> None:
        self.answer(status, {"error_code": code, "message": message})

    def answer(self, status: int, value: Any) -> None:
        body = b"\n" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(predict: Predict, host: str, port: int) -> None:
    """Until SIGTERM."""
    server = Server(predict, host, port)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"serve: digits on {host}:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
