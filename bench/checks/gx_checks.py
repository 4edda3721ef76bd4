"""Judges a CSV or Parquet file by a suite with Great Expectations and prints what it says as JSON.

    python gx_checks.py FILE SUITE [RUNS]

Reading and judging are timed together, in this process, after everything is imported and the context is made. An empty
field of a CSV is null, and so is NA. Each run reads anew.
"""

import json
import logging
import os
import sys
import time
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"
os.environ["TQDM_DISABLE"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import great_expectations as gx  # noqa: E402
import numpy  # noqa: E402
import pandas  # noqa: E402
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration  # noqa: E402


def main() -> None:
    path, suite_path, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1
    with open(suite_path, encoding="utf-8") as file:
        expectations = json.load(file)["expectations"]
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batches = context.data_sources.add_pandas("flights").add_dataframe_asset("flights").add_batch_definition_whole_dataframe("all")
    suites = [context.suites.add(suite) for suite in apart(expectations)]
    seconds, reading, results = [], [], None
    for _ in range(runs):
        start = time.perf_counter()
        frame = read(path)
        reading.append(time.perf_counter() - start)
        batch = batches.get_batch({"dataframe": frame})
        results = [one for suite in suites for one in batch.validate(suite, result_format="SUMMARY").results]
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "version": gx.__version__,
        "pandas": pandas.__version__,
        "seconds": seconds,
        "reading": reading,
        "rows": len(frame),
        "results": [told(one) for one in sorted(results, key=lambda one: one.expectation_config.meta["place"])],
    }, default=plain))


def read(path):
    if path.endswith(".parquet"):
        return pandas.read_parquet(path)
    return pandas.read_csv(path, keep_default_na=False, na_values=["", "NA"], float_precision="round_trip", low_memory=False)


def apart(expectations) -> list:
    """Suites of all expectations: one suite keeps only the last of those of one type on the same columns."""
    suites, seen = [], []
    for place, one in enumerate(expectations):
        kwargs = one["kwargs"]
        about = json.dumps([one["type"], *(kwargs.get(name) for name in ("column", "column_A", "column_B", "column_list"))])
        at = next((index for index, known in enumerate(seen) if about not in known), len(seen))
        if at == len(seen):
            suites.append(gx.ExpectationSuite(name=f"suite-{at}"))
            seen.append(set())
        seen[at].add(about)
        suites[at].add_expectation_configuration(
            ExpectationConfiguration(type=one["type"], kwargs=kwargs, meta={"place": place})
        )
    return suites


def told(one) -> dict:
    keys = ("element_count", "missing_count", "unexpected_count", "partial_unexpected_index_list", "observed_value")
    result = {key: one.result[key] for key in keys if key in one.result}
    problem = one.exception_info or {}
    if problem.get("raised_exception") or any(isinstance(info, dict) for info in problem.values()):
        result["exception"] = str(problem)[:300]
    return {"type": one.expectation_config.type, "success": bool(one.success), **result}


def plain(value):
    if isinstance(value, numpy.generic):
        return value.item()
    if isinstance(value, numpy.ndarray):
        return value.tolist()
    return str(value)


main()
