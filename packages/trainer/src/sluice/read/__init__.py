"""Reads runs, artifacts and models of a pipeline repository, from a notebook or a script. Nothing here is loaded by trainers."""

from __future__ import annotations

from .artifact import Artifact, Checkpoint, Model
from .compare import compare
from .dataset import Dataset
from .failure import Absent, ReadError
from .project import Project, artifact, project, run, runs
from .report import Report
from .run import Cost, Run, Runs, Steps
from .step import Attempt, Step
from .table import Table

__all__ = [
    "Absent",
    "Artifact",
    "Attempt",
    "Checkpoint",
    "Cost",
    "Dataset",
    "Model",
    "Project",
    "ReadError",
    "Report",
    "Run",
    "Runs",
    "Step",
    "Steps",
    "Table",
    "artifact",
    "compare",
    "project",
    "run",
    "runs",
]
