"""Five ops in a row, then branches, on Dagster's multiprocess executor.

`python dagster_job.py <branches> <concurrency> <spawn|forkserver>` runs it once and prints the seconds as JSON; neither
the interpreter's start nor the imports count.
"""

import json
import sys
import time
from os import environ
from subprocess import run

from dagster import DagsterInstance, DynamicOut, DynamicOutput, execute_job, job, multiprocess_executor, op, reconstructable


def noop():
    """What every step of every system in the comparison does."""
    run([sys.executable, environ["BENCH_NOOP"]], check=True)


@op
def first():
    noop()
    return 0


@op
def second(before):
    noop()
    return before


@op
def third(before):
    noop()
    return before


@op
def fourth(before):
    noop()
    return before


@op
def fifth(before):
    noop()
    return before


@op(config_schema={"branches": int}, out=DynamicOut())
def fifth_that_splits(context, before):
    noop()
    for index in range(context.op_config["branches"]):
        yield DynamicOutput(index, mapping_key=str(index))


@op
def work(key):
    noop()
    return key


@job(executor_def=multiprocess_executor)
def overhead_chain():
    fifth(fourth(third(second(first()))))


@job(executor_def=multiprocess_executor)
def overhead_fan_out():
    fifth_that_splits(fourth(third(second(first())))).map(work)


def run_once(instance, branches, concurrency, start_method):
    methods = {"spawn": {"spawn": {}}, "forkserver": {"forkserver": {"preload_modules": ["dagster", "dagster_job"]}}}
    config = {"execution": {"config": {"max_concurrent": concurrency, "start_method": methods[start_method]}}}
    if branches > 0:
        config["ops"] = {"fifth_that_splits": {"config": {"branches": branches}}}
    chosen = overhead_fan_out if branches > 0 else overhead_chain
    started = time.perf_counter()
    with execute_job(reconstructable(chosen), instance=instance, run_config=config) as result:
        seconds = time.perf_counter() - started
        done = len(result.get_step_success_events())
    return {"seconds": seconds, "done": done, "success": result.success}


def main():
    branches, concurrency, start_method = sys.argv[1:]
    with DagsterInstance.get() as instance:
        print(json.dumps(run_once(instance, int(branches), int(concurrency), start_method)), flush=True)


if __name__ == "__main__":
    import dagster_job  # under its own name, so that the steps' processes find it again

    dagster_job.main()
