"""Asks while the server is away, and says what came of it as one JSON object; asks again when it is told to."""

import json
import sys

import sluice


def main() -> None:
    print(json.dumps({"runs": len(sluice.runs())}), flush=True)
    for _ in sys.stdin:
        try:
            print(json.dumps({"runs": len(sluice.runs())}), flush=True)
        except sluice.SluiceError as error:
            print(json.dumps({"code": error.code, "fix": error.fix}), flush=True)


main()
