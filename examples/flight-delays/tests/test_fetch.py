from __future__ import annotations

import sys

import fetch
import pytest


def run(monkeypatch, target):
    monkeypatch.setattr(sys, "argv", ["fetch.py", str(target)])
    fetch.main()


def test_the_flights_are_written_once_and_then_left_alone(monkeypatch, tmp_path, capsys):
    target = tmp_path / "data" / "flights.csv"
    run(monkeypatch, target)
    assert "336776 flights" in capsys.readouterr().out
    written = target.stat()
    run(monkeypatch, target)
    assert "there already" in capsys.readouterr().out
    assert target.stat().st_mtime_ns == written.st_mtime_ns


def test_a_file_cut_short_is_replaced_by_a_whole_one(monkeypatch, tmp_path):
    target = tmp_path / "flights.csv"
    target.write_bytes(b"year,month\n2013")
    run(monkeypatch, target)
    assert target.stat().st_size == 31_053_850
    assert [file.name for file in tmp_path.iterdir()] == ["flights.csv"]


def test_other_data_in_the_package_is_refused_and_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(fetch, "read_package", lambda: b"year,month\n")
    with pytest.raises(SystemExit, match="expected 563db8f1"):
        run(monkeypatch, tmp_path / "flights.csv")
    assert list(tmp_path.iterdir()) == []
