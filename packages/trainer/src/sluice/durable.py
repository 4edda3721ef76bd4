"""Directories that appear whole or not at all, and survive a power cut once they are there."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

from .errors import SluiceError

Fill = Callable[[Path], Any]


def write_directory(target: Path, fill: Fill, refuse: type[SluiceError]) -> None:
    """Let `fill` write into a fresh directory beside `target`, make it durable, then rename it to `target`.

    Whatever `fill` raises is raised, and nothing is left. No file, or something that is neither file nor
    directory, is refused with `refuse`.
    """
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fill(fresh)
        publish(fresh, target, refuse)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def publish(fresh: Path, target: Path, refuse: type[SluiceError]) -> None:
    """Make the directory `fresh` durable and rename it to `target`, which lies beside it."""
    if sync_tree(fresh, refuse) == 0:
        raise refuse("nothing was written", where=str(target), now="write at least one file into the directory you are given")
    os.rename(fresh, target)
    _sync(target.parent)


def sync_tree(root: Path, refuse: type[SluiceError]) -> int:
    """fsync every file and directory below `root`, deepest first, and return the number of files."""
    files = 0
    for folder, folders, names in os.walk(root, topdown=False, onerror=_raise):
        for name in names + folders:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode):
                _sync(path)
                files += 1
            elif not stat.S_ISDIR(mode):
                raise refuse(
                    "only regular files and directories can be kept, this is neither",
                    where=path,
                    now="write a copy of the file instead of a link, socket or pipe",
                )
        _sync(folder)
    return files


def copy_tree(source: Path, target: Path) -> None:
    """Copy a file or directory into the directory `target`; links become what they point at.

    Where the file system can share blocks (Btrfs, XFS) this is instant; a plain copy otherwise, never a hard
    link: frameworks overwrite files such as `last.ckpt` in place.
    """
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, copy_function=_copy_file)
    else:
        _copy_file(str(source), str(target / source.name))


_FICLONE = 0x40049409  # linux/fs.h: share the source's blocks with the destination


def _copy_file(source: str, target: str) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError), open(source, "rb") as reader, open(target, "wb") as writer:
            fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
            return
    shutil.copyfile(source, target)


def _sync(path: str | Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _raise(error: OSError) -> None:
    raise error
