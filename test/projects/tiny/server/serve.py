"""Answers `label = 2 i`, or misbehaves as its model says."""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

model = json.loads((Path(os.environ["SLUICE_MODEL"]) / "model.json").read_text())
serving = model["serving"]
answered = 0
if serving == "never-ready":
    print("still loading 80 GiB of weights", flush=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if serving == "never-ready":
            time.sleep(3600)
        self.reply(200, {})

    def do_POST(self) -> None:
        global answered
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answered += 1
        if serving == "slow":
            time.sleep(0.4)
        records = body["dataframe_records"]
        if model["version"] == "counted":
            with Path("asked.txt").open("a") as asked:
                asked.write("".join(f"{record['i']}\n" for record in records))
        # `live` marks requests of the test's traffic: a model may pass its gates and still fail on those.
        live = any("live" in record for record in records)
        if serving == "fails-after" and live or serving == "fails-some" and any(record.get("i") == 3 for record in records):
            self.reply(500, {"error": "told to fail"})
            return
        # Well-formed and well in time, and far from the truth for some of the rows.
        wild = [1000 if serving == "wild" and record["i"] % 4 == 0 else 0 for record in records]
        predictions = [2 * record["i"] + more for record, more in zip(records, wild)]
        self.reply(200, {"predictions": predictions, "version": model["version"]})

    def reply(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


ThreadingHTTPServer((os.environ["SLUICE_HOST"], int(os.environ["SLUICE_PORT"])), Handler).serve_forever()
