"""Runs five lines in a real Jupyter kernel, and prints what its cells showed as one JSON object."""

import json

import nbformat
from nbclient import NotebookClient

CELLS = (
    "import sluice\nrun = sluice.run('last-week')\nrun",
    "str(run.step('model').model.path)",
    "run.step('rows').dataset.to_pandas().head()",
    "try:\n    sluice.run('nobody')\nexcept sluice.SluiceError as error:\n    code = error.code\ncode",
)


def main() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [cell.outputs[-1]["data"] for cell in notebook.cells]
    print(
        json.dumps(
            {
                "run": shown[0]["text/html"],
                "path": shown[1]["text/plain"].strip("'"),
                "frame": shown[2]["text/html"],
                "error": shown[3]["text/plain"].strip("'"),
            }
        )
    )


main()
