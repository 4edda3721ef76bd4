"""Executes a notebook where it lies and prints the text of what its cells show."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main() -> None:
    path = Path(sys.argv[1])
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    for cell in notebook.cells:
        cell.get("metadata", {}).pop("execution", None)  # times, which change from run to run
        for output in cell.get("outputs", []):
            print(output.get("data", {}).get("text/plain") or output.get("text", ""), end="\n\n")
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, path)


main()
