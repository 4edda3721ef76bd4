from __future__ import annotations

import json
import math

import pytest
from conftest import made_up

QUESTION = {"task": "answers", "input": "What is the default of size in made.f7?"}


def ask(connection, body):
    connection.request("POST", "/invocations", body if isinstance(body, bytes) else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def answer(connection, task, input):
    status, said = ask(connection, {"dataframe_records": [{"task": task, "input": input}]})
    assert status == 200, said
    return said["predictions"][0]


def test_a_summary_is_the_sentence_that_says_what_the_text_is_about(connection):
    text = "See elsewhere too. The median of values is found here for all. It may be slow for a long list."
    assert (
        answer(connection, "summaries", {"name": "np.median", "text": text})
        == "The median of values is found here for all."
    )


def test_entities_are_places_in_the_text(connection):
    text = "The treaty was signed on June 9, 1846 before the session began."
    [found] = answer(connection, "entities", text)
    assert (text[found["start"] : found["end"]], found["label"]) == ("June 9, 1846", "DATE")


def test_a_question_is_answered_from_the_passage_about_it(connection):
    expected = next(expected for _, id, _, _, expected in made_up() if id == "q7")
    assert answer(connection, **QUESTION) == expected


def test_an_embedding_lies_where_texts_like_it_lie(connection):
    sea = answer(connection, "embeddings", "a ship of the navy at sea")
    assert math.isclose(math.hypot(*sea), 1, abs_tol=1e-3) and sea[0] > 0.95


def test_a_picture_is_the_same_for_the_same_seed_and_another_for_another(connection):
    first, again, other = (answer(connection, "images", {"digit": 4, "seed": seed}) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 64 and all(0 <= pixel <= 16 for pixel in first)
    assert len(answer(connection, "images", {"digit": 4, "seed": 1, "as": "features"})) == 16


def test_records_of_several_tasks_are_answered_in_their_order(connection):
    picture = {"task": "images", "input": {"digit": 0, "seed": 0}}
    status, said = ask(connection, {"dataframe_records": [QUESTION, picture, QUESTION]})
    assert status == 200
    first, drawn, last = said["predictions"]
    assert first == last and len(drawn) == 64
    assert ask(connection, {"dataframe_records": []}) == (200, {"predictions": []})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"not json", "Expecting value"),
        (b"\xff\xff", "decode"),
        ({"rows": []}, "expected {"),
        ({"dataframe_records": ["x"]}, "dataframe_records.0: expected"),
        (
            {"dataframe_records": [QUESTION, {"task": "poems", "input": "x"}]},
            "dataframe_records.1.task: expected one of",
        ),
        ({"dataframe_records": [{"task": ["answers"], "input": "x"}]}, "task: expected one of"),
        ({"dataframe_records": [{"task": "answers", "input": "  "}]}, "dataframe_records.0.input: expected a question"),
        ({"dataframe_records": [{"task": "summaries", "input": "x"}]}, 'expected {"name"'),
        ({"dataframe_records": [{"task": "images", "input": {"digit": 12, "seed": 0}}]}, "digit: expected 0 to 9"),
        ({"dataframe_records": [{"task": "images", "input": {"digit": True, "seed": 0}}]}, "a number from 0"),
        ({"dataframe_records": [{"task": "embeddings", "input": "東京"}]}, "no word in it"),
        ({"dataframe_records": [{"task": "answers", "input": "???"}]}, "no word in the question"),
        ({"dataframe_records": [{"task": "entities", "input": "half a sign: \ud83d"}]}, "expected a text"),
    ],
)
def test_a_bad_request_is_refused_with_the_place_of_the_mistake(connection, body, message):
    status, said = ask(connection, body)
    assert (status, said["error_code"]) == (400, "BAD_REQUEST")
    assert message in said["message"]
    assert ask(connection, {"dataframe_records": [QUESTION]})[0] == 200, "the connection is still good"
