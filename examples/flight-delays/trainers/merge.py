"""Makes one model of the airports' models: a directory a server can load, with a list of what is in it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import sluice
from delays.features import INPUTS, TEXT
from delays.model import FORMAT, load_airport, load_model


def main() -> None:
    with sluice.step(hyper={"plant": "none"}) as job:
        plant = job.hyper.get("plant", "none")
        job.save_model(lambda folder: merge(job.models, folder, plant))
        job.progress(len(job.models), len(job.models), unit="airport")


def merge(models: tuple[sluice.Model, ...], folder: Path, plant: str) -> None:
    airports = {}
    for model in sorted(models, key=lambda model: model.keys["airport"]):
        airport = model.keys["airport"]
        target = folder / "airports" / airport
        shutil.copytree(model.path, target, copy_function=shutil.copyfile)
        if plant == "drop-imputer":
            drop_imputer(target)
        load_airport(target)
        about = read(target / "model.json")
        airports[airport] = {
            "path": f"airports/{airport}",
            "digest": model.digest,
            "files": {file.name: sha256(file) for file in sorted(target.iterdir())},
            **{name: about[name] for name in ("flights", "months", "mae")},
        }
    if not airports:
        raise SystemExit("there is no model to merge")
    write(folder / "model.json", {"format": FORMAT, "airports": airports})
    (folder / "MLmodel").write_text(mlmodel(), encoding="utf-8")
    load_model(folder)


def drop_imputer(folder: Path) -> None:
    """THE DEMO'S PLANTED BUG, asked for by `--param plant=drop-imputer`; no real pipeline has a line like this.

    The model forgets what to do without a departure delay. Every flight of the hold-out month has departed, so
    evaluation sees nothing; requests that passengers make before departure fail with status 500.
    """
    about = read(folder / "model.json")
    del about["encoder"]["numbers"]["dep_delay"]["impute"]
    write(folder / "model.json", about)


def mlmodel() -> str:
    """MLflow's description of a model, in YAML. No flavor of MLflow's own loads it: `server/serve.py` does."""
    columns = [
        {
            "name": name,
            "type": "string" if name in TEXT or name == "origin" else "double" if name == "dep_delay" else "long",
            "required": name != "dep_delay",
        }
        for name in INPUTS
    ]
    outputs = [{"name": "arr_delay", "type": "double", "required": True}]
    return (
        "flavors:\n"
        "  flight_delays:\n"
        f"    format: {FORMAT}\n"
        "    manifest: model.json\n"
        "    serve: server/serve.py\n"
        "signature:\n"
        f"  inputs: '{json.dumps(columns)}'\n"
        f"  outputs: '{json.dumps(outputs)}'\n"
    )


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
