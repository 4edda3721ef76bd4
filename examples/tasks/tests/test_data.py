"""What the suite says of itself, and how references come about."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from answering.features import features_of, weights_digest
from answering.text import sentences
from documentation import documented, plain
from fetch import held, write_whole
from labels import entities, has_year
from make import suite

SUITE = Path(__file__).resolve().parents[1] / "eval" / "tasks"


def cases():
    return [json.loads(line) for line in (SUITE / "cases.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_suite_has_600_cases_in_21_categories_of_sources_that_nothing_is_trained_on():
    found = cases()
    assert len({one["id"] for one in found}) == 600
    assert Counter(one["task"] for one in found) == dict.fromkeys(
        ("summaries", "entities", "answers", "embeddings", "images"), 120
    )
    assert len({(one["task"], one["category"]) for one in found}) == 21
    assert all(held(one.get("cluster", one["id"])) for one in found)


def test_half_of_the_dates_have_a_year():
    dates = [one for one in cases() if one["category"] == "dates"]
    years = [all(has_year(one["input"]["input"], span) for span in one["expected"]) for one in dates]
    assert (len(dates), sum(years)) == (48, 24)


def test_suite_json_names_the_features_that_its_pictures_were_made_features_by():
    assert json.loads((SUITE / "suite.json").read_text(encoding="utf-8")) == suite()
    assert weights_digest() in suite()["title"] and "n = 120" in suite()["title"]
    assert features_of([[0] * 64]).shape == (1, 16)


def test_patterns_find_dates_amounts_places_and_offices():
    text = "On March 4, 1789 the Secretary of State of France paid $1,250.50 in New York, and since 1802 nothing."
    found = [(one["label"], text[one["start"] : one["end"]]) for one in entities(text)]
    assert found == [
        ("DATE", "March 4, 1789"),
        ("OFFICE", "Secretary of State"),
        ("PLACE", "France"),
        ("MONEY", "$1,250.50"),
        ("PLACE", "New York"),
        ("DATE", "1802"),
    ]
    assert entities("In 1802,500 men marched; they may 4 times rest.") == []


def test_sentences_do_not_end_after_initials_and_abbreviations():
    text = "Mr. Adams met J. Monroe. They spoke, e.g. of Ohio! Was it No. 5? Yes."
    assert sentences(text) == ["Mr. Adams met J. Monroe.", "They spoke, e.g. of Ohio!", "Was it No. 5?", "Yes."]


def test_documentation_is_read_from_sources_with_defaults_of_the_signature():
    found = {one.name: one for one in documented()}
    zscore = found["scipy.stats.zscore"]
    assert zscore.summary == "Compute the z score."
    assert zscore.defaults["ddof"] == 0 and zscore.defaults["nan_policy"] == "propagate"
    assert [parameter.name for parameter in zscore.parameters][:3] == ["a", "axis", "ddof"]
    assert plain(".. note::\nSee :func:`x` and `y` [1]_.\n>>> 1") == "See x and y."


def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(tmp_path):
    target = tmp_path / "data" / "examples.jsonl"
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "\ud800")
    assert list(target.parent.iterdir()) == []
    write_whole(target, "{}\n")
    assert target.read_text() == "{}\n"
