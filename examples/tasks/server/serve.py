"""Serves a model folder by MLflow's scoring protocol: `GET /ping`, `POST /invocations`.

Sluice tells where by SLUICE_MODEL, SLUICE_HOST and SLUICE_PORT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from answering.examples import BadInput
from answering.model import TasksModel

LARGEST_BODY = 16 * 2**20


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: TasksModel, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.model = model


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
            records = records_of(json.loads(self.rfile.read(int(length))))
        except (ValueError, RecursionError) as error:  # BadInput, and whatever json and UTF-8 have to say
            return self.refuse(400, "BAD_REQUEST", str(error))
        try:
            self.answer(200, {"predictions": self.server.model.predict(records)})
        except BadInput as error:
            self.refuse(400, "BAD_REQUEST", str(error))
        except Exception as error:
            print(f"serve: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.refuse(500, "INTERNAL_ERROR", f"{type(error).__name__}: {error}")

    def refuse(self, status: int, code: str, message: str) -> None:
        self.answer(status, {"error_code": code, "message": message})

    def answer(self, status: int, value: Any) -> None:
        body = b"\n" if value is None else json.dumps(value, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def records_of(payload: Any) -> list[Any]:
    if isinstance(payload, dict) and isinstance(payload.get("dataframe_records"), list):
        return payload["dataframe_records"]
    raise BadInput('expected {"dataframe_records": [{"task": …, "input": …}]}')


def main() -> None:
    model = TasksModel(Path(os.environ["SLUICE_MODEL"]))
    host, port = os.environ.get("SLUICE_HOST", "127.0.0.1"), int(os.environ.get("SLUICE_PORT", "5001"))
    server = Server(model, host, port)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"serve: {', '.join(model.tasks)} on {host}:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
