"""What a step hands over, checkpoints and its model: written by one process, or by several into one directory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable, Optional, Union

from .durable import Fill, copy_tree, publish, sync_tree, write_directory
from .errors import InvalidCheckpoint, InvalidModel
from .ranks import Ranks

Announce = Callable[[Path], None]
ModelSource = Union[str, "os.PathLike[str]", Callable[[Path], Any]]


def write_checkpoint(
    folder: Path, step: int, save: Fill, ranks: Optional[Ranks], announce: Announce, stop: Callable[[], bool]
) -> bool:
    """Announces the checkpoint once it is whole and durable. Returns whether any of several ranks said `stop`."""
    if ranks is None:
        target = _unused(folder / f"step-{step}")
        write_directory(target, save, InvalidCheckpoint)
        announce(target)
        return False
    fresh = folder / f".step-{step}-of-{ranks.world}"

    def prepare() -> None:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()

    def finish() -> None:
        target = _unused(folder / f"step-{step}")
        publish(fresh, target, InvalidCheckpoint)
        announce(target)

    return ranks.together(
        f"the checkpoint of step {step}",
        prepare=prepare,
        work=lambda: save(fresh),
        finish=finish,
        undo=lambda: shutil.rmtree(fresh, ignore_errors=True),
        stop=stop,
    )


def write_model(output: Path, model: ModelSource, ranks: Optional[Ranks], announce: Announce) -> Path:
    """Announces the directory of the model: `output`, which a function has written into, or one inside of it."""
    path = output

    def write() -> None:
        nonlocal path
        if callable(model) and not isinstance(model, os.PathLike):
            model(output)
        elif ranks is None or ranks.rank == 0:
            path = _inside(output, Path(os.path.abspath(model)))

    def finish() -> None:
        if sync_tree(path, InvalidModel) == 0:
            raise InvalidModel("the model directory has no files", where=str(path), now="write the model before save_model")
        announce(path)

    if ranks is None:
        write()
        finish()
    else:
        ranks.together("the model", prepare=_nothing, work=write, finish=finish, undo=_nothing, stop=lambda: False, late=True)
    return path


def _inside(output: Path, source: Path) -> Path:
    if not source.is_dir():
        what = "is a file" if source.exists() else "does not exist"
        raise InvalidModel(f"the model {what}, a directory is needed", where=str(source), now="pass the directory the model is in")
    if output.resolve() in (source.resolve(), *source.resolve().parents):
        return source
    target = output / source.name
    if target.exists():
        shutil.rmtree(target)
    write_directory(target, lambda fresh: copy_tree(source, fresh), InvalidModel)
    return target


def _unused(path: Path) -> Path:
    """`path`, or `path` with a number behind it: on a laptop an earlier run may have left it."""
    count = 1
    unused = path
    while unused.exists():
        count += 1
        unused = path.with_name(f"{path.name}-{count}")
    return unused


def _nothing() -> None:
    pass
