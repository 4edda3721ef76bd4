"""References to artifacts, as specs and results of steps hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .artifact import Artifact, Model
from .dataset import Dataset

if TYPE_CHECKING:
    from .project import Project
    from .step import Step


def artifact_of(project: Project, data: Mapping[str, Any], made_by: Step | None = None) -> Artifact:
    """The class that fits the kind."""
    whole = {"dataset": Dataset, "model": Model}.get(str(data["kind"]), Artifact)
    return whole(project, data, made_by)


def artifacts_in(value: Any, name: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """References to artifacts at any depth, outermost only, each with the name it stands under."""
    if isinstance(value, Mapping):
        if isinstance(value.get("uri"), str) and isinstance(value.get("digest"), str):
            return [(name, value)]
        return [found for key, part in value.items() for found in artifacts_in(part, str(key))]
    if isinstance(value, list):
        return [found for part in value for found in artifacts_in(part, name)]
    return []
