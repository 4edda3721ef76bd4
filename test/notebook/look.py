"""What a notebook does, in a script: prints what it saw as one JSON object."""

import json
import os
import sys

import sluice


def look(name: str) -> dict:
    run = sluice.run(name)
    rows, model = run.step("rows"), run.step("model").model
    frame = rows.dataset.to_pandas()
    return {
        "id": run.id,
        "state": run.state,
        "open": run.open,
        "by": run.by,
        "params": run.params.trainer.version,
        "steps": [[step.name, step.kind, step.state] for step in run.steps],
        "cost": None if run.cost is None else run.cost.seconds > 0,
        "model": sorted(os.listdir(model.path)),
        "writable": os.access(model.path / os.listdir(model.path)[0], os.W_OK) and os.geteuid() != 0,
        "metrics": run.step("model").metrics == model.metrics and sorted(model.metrics),
        "hyper": dict(model.hyper),
        "lineage": sorted(model.lineage),
        "attempts": [one.ended for one in run.step("model").attempts],
        "checkpoints": [one.training_step in (5, 10, 12) and one.path.is_dir() for one in run.step("model").checkpoints][:1],
        "curve": len(run.step("model").curve("loss")),
        "log": "" != run.step("model").log(),
        "pandas": [list(frame.columns), len(frame), int(frame["label"].sum())],
        "polars": list(rows.dataset.to_polars(columns=["i"]).shape),
        "columns": rows.dataset.columns,
        "mean": rows.dataset.profile["i"]["mean"],
        "verdict": rows.dataset.verdict,
        "evidence": [row["metric"] for row in run.step("quality").report.evidence][:1],
        "judged": [found == model for found in run.step("quality").models],
    }


def main() -> None:
    first, second = sys.argv[1:3]
    runs = sluice.runs(pipeline="life")
    digest = sluice.run(first).step("model").model.digest
    found = sluice.artifact(digest[7:19])
    try:
        sluice.run("nobody")
        missing = None
    except sluice.SluiceError as error:
        missing = [error.code, error.fix]
    try:
        sluice.run(first).step("modell")
        misspelt = None
    except sluice.SluiceError as error:
        misspelt = [error.code, str(error)]
    differences = sluice.compare(first, second)
    print(
        json.dumps(
            {
                "runs": [[run.id, run.state] for run in runs],
                "table": repr(runs),
                "waiting": len(sluice.runs(state="awaiting-approval")),
                "first": look(first),
                "second": look(second),
                "artifact": [repr(found), found.step.name, sorted({step.name for step in found.used_by})],
                "missing": missing,
                "misspelt": misspelt,
                "html": runs[0]._repr_html_(),
                "differences": [dict(row) for row in differences],
                "text": repr(differences),
            },
            default=str,
        )
    )


main()
