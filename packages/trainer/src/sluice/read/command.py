"""Where the project and its `sluice` command are."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from .failure import ReadError

CONFIGS = ("sluice.config.ts", "sluice.config.mts", "sluice.config.js", "sluice.config.mjs")


def find_config(start: str | os.PathLike[str]) -> Path:
    """The config of a file's, a folder's or a parent folder's project."""
    path = Path(start).expanduser().resolve()
    if path.is_file():
        return path
    for folder in (path, *path.parents):
        for name in CONFIGS:
            if (folder / name).is_file():
                return folder / name
    raise ReadError(
        "NotFound",
        "there is no sluice.config.ts here or above",
        where=str(path),
        fix="open the notebook in the pipeline repository, or name it: sluice.project('path/of/it')",
    )


def find_command(root: Path) -> list[str]:
    """The words that start `sluice`: SLUICE_COMMAND, the project's own, or the one on the PATH."""
    words = shlex.split(os.environ.get("SLUICE_COMMAND", ""))
    if words:
        return words
    for folder in (root, *root.parents):
        own = folder / "node_modules" / ".bin" / "sluice"
        if own.is_file():
            return [str(own)]
    on_path = shutil.which("sluice")
    if on_path:
        return [on_path]
    raise ReadError(
        "CommandNotFound",
        "the sluice command is not there",
        where=str(root),
        fix="install the project's packages (pnpm install), put sluice on the PATH, or name it in SLUICE_COMMAND",
    )
