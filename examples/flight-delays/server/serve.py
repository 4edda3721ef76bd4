"""Serves a model directory by MLflow's scoring protocol: `GET /ping`, `POST /invocations`.

Sluice tells where by SLUICE_MODEL, SLUICE_HOST and SLUICE_PORT. SIGTERM ends it once open requests are answered.
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

# A request is a few hundred multiplications: one thread each is the fastest.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from delays.model import BadRequest, DelayModel, load_model

LARGEST_BODY = 16 * 2**20


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: tuple[str, int], model: DelayModel) -> None:
        super().__init__(address, Handler)
        self.model = model
        self.busy = 0
        self.idle = threading.Condition()


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet

    def do_GET(self) -> None:
        self.answer(200, b"\n") if self.path == "/ping" else self.refuse(404, "NOT_FOUND", f"no page {self.path}")

    def do_POST(self) -> None:
        if self.path != "/invocations":
            self.close_connection = True
            return self.refuse(404, "NOT_FOUND", f"no page {self.path}")
        with self.server.idle:
            self.server.busy += 1
        try:
            self.invoke()
        finally:
            with self.server.idle:
                self.server.busy -= 1
                self.server.idle.notify_all()

    def invoke(self) -> None:
        try:
            body = self.body()
            records = _records(json.loads(body))
            self.answer(200, json.dumps({"predictions": self.server.model.predict(records)}, allow_nan=False).encode())
        except (BadRequest, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            self.refuse(400, "BAD_REQUEST", str(error))
        except ConnectionError:
            self.close_connection = True
        except Exception as error:
            print(f"serve: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            self.refuse(500, "INTERNAL_ERROR", f"{type(error).__name__}: {error}")

    def body(self) -> bytes:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True  # what follows cannot be told from the next request
            raise BadRequest(f"content-length: expected a number up to {LARGEST_BODY}, got {length or 'nothing'}")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client went away")
        return body

    def refuse(self, status: int, code: str, message: str) -> None:
        self.answer(status, json.dumps({"error_code": code, "message": message}, ensure_ascii=False).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _records(payload: Any) -> list[Any]:
    """The rows of either of MLflow's two table forms."""
    if isinstance(payload, dict) and isinstance(payload.get("dataframe_records"), list):
        return payload["dataframe_records"]
    split = payload.get("dataframe_split") if isinstance(payload, dict) else None
    if isinstance(split, dict) and isinstance(split.get("columns"), list) and isinstance(split.get("data"), list):
        columns, rows = split["columns"], split["data"]
        if all(isinstance(name, str) for name in columns) and all(isinstance(row, list) for row in rows):
            return [dict(zip(columns, row)) for row in rows]
    raise BadRequest('expected {"dataframe_records": [{…}]} or {"dataframe_split": {"columns": […], "data": [[…]]}}')


def main() -> None:
    model = load_model(Path(os.environ["SLUICE_MODEL"]))
    server = Server((os.environ.get("SLUICE_HOST", "127.0.0.1"), int(os.environ.get("SLUICE_PORT", "5001"))), model)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(
        f"serve: {', '.join(sorted(model.airports))} on {server.server_address[0]}:{server.server_address[1]}",
        flush=True,
    )
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    with server.idle:
        server.idle.wait_for(lambda: server.busy == 0, timeout=10)


if __name__ == "__main__":
    main()
