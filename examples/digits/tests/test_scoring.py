"""The server around the network. The network is a stand-in here, so none of this needs PyTorch."""

from __future__ import annotations

import http.client
import json
import threading

import pytest
from scoring import PIXELS, BadRequest, Server, read_images

BLANK = dict.fromkeys(PIXELS, 0)


def brightest(images):
    """Says where the brightest pixel is, and fails on a full one in the last place."""
    assert all(image[63] < 16 for image in images), "a bug of the model's own"
    return [image.index(max(image)) for image in images]


@pytest.fixture
def connection():
    server = Server(brightest, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    yield connection
    connection.close()
    server.shutdown()
    thread.join()
    server.server_close()


def ask(connection, body):
    connection.request("POST", "/invocations", body if isinstance(body, bytes) else json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_ping_is_answered(connection):
    connection.request("GET", "/ping")
    assert connection.getresponse().status == 200


def test_every_record_gets_its_prediction_in_order(connection):
    records = [{**BLANK, "p7": 16, "id": 5}, {**BLANK, "p3": 2.5}]
    assert ask(connection, {"dataframe_records": records}) == (200, {"predictions": [7, 3]})
    assert ask(connection, {"dataframe_records": []}) == (200, {"predictions": []})


def test_bad_requests_are_refused_and_the_connection_stays_good(connection):
    for body in (b"not json", b"\xff\xfe", {"rows": []}, [], {"dataframe_records": [{**BLANK, "p1": "x"}]}):
        status, answer = ask(connection, body)
        assert (status, answer["error_code"]) == (400, "BAD_REQUEST")
    assert ask(connection, {"dataframe_records": [{**BLANK, "p9": 1}]}) == (200, {"predictions": [9]})


def test_an_error_of_the_model_is_the_servers_fault_not_the_callers(connection):
    status, answer = ask(connection, {"dataframe_records": [{**BLANK, "p63": 16}]})
    assert (status, answer["error_code"]) == (500, "INTERNAL_ERROR")


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ({**BLANK, "p5": None}, "dataframe_records.1.p5: expected a number from 0 to 16, got nothing"),
        ({**BLANK, "p5": 17}, "p5: expected a number from 0 to 16, got 17"),
        ({**BLANK, "p5": True}, "got true"),
        ({**BLANK, "p5": float("nan")}, "got NaN"),
        ([0] * 64, "dataframe_records.1: expected an object"),
    ],
)
def test_a_wrong_pixel_is_named(record, place):
    with pytest.raises(BadRequest) as refused:
        read_images({"dataframe_records": [BLANK, record]})
    assert place in str(refused.value)
