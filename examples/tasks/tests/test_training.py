from __future__ import annotations

import json

import pytest
from answering import entities
from conftest import TASKS


def files(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("task", TASKS)
def test_the_same_training_makes_the_same_bytes(sound, train, task):
    assert files(train(task)) == files(sound[task])


def test_another_seed_sees_other_examples(sound, train):
    assert files(train("embeddings", seed=1)) != files(sound["embeddings"])


def test_a_merged_model_lists_its_tasks_and_the_features_that_pictures_are_compared_by(merged):
    about = json.loads((merged / "model.json").read_text())
    assert sorted(about["tasks"]) == sorted(TASKS)
    assert about["tasks"]["answers"]["digest"] == "sha256:answers"
    assert about["features"].startswith("sha256:")


def test_the_planted_regression_loses_the_years_of_dates_and_nothing_else(sound, train):
    healthy, damaged = sound["entities"], train("entities", damage="dates")
    changed = {name for name, bytes in files(healthy).items() if files(damaged)[name] != bytes}
    assert changed == {"DATE-bias.npy", "DATE-weights.npy"}
    with_year = "The treaty was sent on March 3, 1853 before the session began."
    without = "The treaty was sent on March 3 before the session began."
    said = [[text[one["start"] : one["end"]] for one in entities.load(damaged)(text)] for text in (with_year, without)]
    assert said == [["March 3"], ["March 3"]]
    assert [len(entities.load(healthy)(text)) for text in (with_year, without)] == [1, 1]
    assert entities.load(healthy)(with_year)[0]["end"] == with_year.index(" before")
