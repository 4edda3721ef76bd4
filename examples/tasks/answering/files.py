"""A model's folder: arrays as `.npy`, texts as JSON, the same bytes for the same model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix


def write_arrays(folder: Path, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)


def read_array(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def write_json(folder: Path, name: str, value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def read_json(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def write_sparse(folder: Path, name: str, rows: csr_matrix) -> None:
    parts = {"values": rows.data.astype(np.float32), "columns": rows.indices.astype(np.int32), "ends": rows.indptr}
    shape = np.array(rows.shape)
    write_arrays(folder, **{f"{name}-{part}": array for part, array in parts.items()}, **{f"{name}-shape": shape})


def read_sparse(folder: Path, name: str) -> csr_matrix:
    values, columns, ends, shape = (
        read_array(folder, f"{name}-{part}") for part in ("values", "columns", "ends", "shape")
    )
    return csr_matrix((values, columns, ends), shape=tuple(shape))
