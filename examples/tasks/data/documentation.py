"""Functions and classes of numpy, scipy and scikit-learn (BSD 3-Clause) as their sources describe them, by numpydoc.

Sources are parsed, never run: signatures and documentation of one version are the same on every machine.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

GROUPS = {
    "scipy.stats": "statistics",
    "scipy.signal": "signals",
    "scipy.ndimage": "signals",
    "scipy.optimize": "solvers",
    "scipy.linalg": "solvers",
    "scipy.sparse": "solvers",
    "scipy.integrate": "solvers",
    "scipy.interpolate": "solvers",
    "numpy.lib": "arrays",
    "numpy.ma": "arrays",
    "numpy.polynomial": "arrays",
    "sklearn": "learning",
}
OTHERS = re.compile(r"(^|/)(tests?|_lib|externals|array_api\w*|conftest\.py|_mstats\w*)(/|$)")
SECTION = re.compile(r"^(\w[\w ]+)\n-{3,}$", re.M)


@dataclass(frozen=True)
class Parameter:
    name: str
    text: str


@dataclass(frozen=True)
class Documented:
    name: str
    """Such as `scipy.stats.zscore`."""
    group: str
    summary: str
    body: str
    """Description and notes, without the summary line."""
    parameters: tuple[Parameter, ...]
    defaults: dict[str, Any]
    """Of the signature, where they are literals."""
    added: str | None
    """The version that `.. versionadded::` names."""
    text: str


def documented() -> Iterator[Documented]:
    """Each name once: the first file by path that has it."""
    seen: set[str] = set()
    for package in ("numpy", "scipy", "scikit-learn"):
        files = sorted(str(file) for file in distribution(package).files or [] if file.suffix == ".py")
        for file in files:
            module = ".".join(Path(file).parts[:2]).removesuffix(".py")
            group = GROUPS.get(module) or GROUPS.get(module.split(".")[0])
            if group is None or OTHERS.search(file):
                continue
            source = Path(distribution(package).locate_file(file)).read_text(encoding="utf-8")
            for found in _of_file(ast.parse(source), module, group):
                if found.name not in seen:
                    seen.add(found.name)
                    yield found


def _of_file(tree: ast.Module, module: str, group: str) -> Iterator[Documented]:
    for node in tree.body:
        text = ast.get_docstring(node) if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else None
        if text is None or node.name.startswith("_"):
            continue
        sections = _sections(text)
        first, _, rest = sections[""].partition("\n\n")
        yield Documented(
            name=f"{module}.{node.name}",
            group=group,
            summary=plain(first),
            body=plain(f"{rest}\n\n{sections.get('Notes', '')}"),
            parameters=tuple(_parameters(sections.get("Parameters", ""))),
            defaults=_defaults(node),
            added=_added(f"{sections['']}\n{sections.get('Notes', '')}"),
            text=text,
        )


def _sections(text: str) -> dict[str, str]:
    parts = SECTION.split(text)
    return {"": parts[0].strip(), **{name.strip(): body.strip("\n") for name, body in zip(parts[1::2], parts[2::2])}}


def _parameters(section: str) -> Iterator[Parameter]:
    for block in re.split(r"\n(?=\S)", section):
        name = re.match(r"(\w+) ?:", block)
        if name is not None:
            yield Parameter(name[1], " ".join(block.split()))


def _defaults(node: ast.FunctionDef | ast.ClassDef) -> dict[str, Any]:
    if isinstance(node, ast.ClassDef):
        made = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        return _defaults(made[0]) if made else {}
    places = node.args.posonlyargs + node.args.args
    pairs = [*zip(places[len(places) - len(node.args.defaults) :], node.args.defaults)]
    pairs += [*zip(node.args.kwonlyargs, node.args.kw_defaults)]
    found = {}
    for argument, value in pairs:
        try:
            found[argument.arg] = ast.literal_eval(value) if value is not None else ...
        except ValueError:
            continue
    return {name: value for name, value in found.items() if value is not ...}


def _added(text: str) -> str | None:
    found = re.search(r"\.\. versionadded:: *v?(\d+\.\d+(?:\.\d+)?)", text)
    return found[1] if found else None


def plain(text: str) -> str:
    """Prose without directives, examples, formulas' mark-up and references."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*(\.\. |>>>|\.\.\. |\||[-=~^]{3,}\s*$)", line)]
    joined = re.sub(r":\w+(?::\w+)?:`([^`]*)`", r"\1", "\n".join(lines))
    joined = re.sub(r"\s*\[[\w*]+\]_", "", joined).replace("`", "")
    return " ".join(joined.split())
