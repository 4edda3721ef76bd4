from __future__ import annotations

import pytest
from fetch import as_csv, write_whole


def test_an_image_is_a_row_with_a_number_a_digit_and_64_pixels():
    header, first, second = as_csv([[0] * 64, list(range(64))], [3, 8]).splitlines()
    assert header.split(",")[:3] == ["id", "digit", "p0"] and len(header.split(",")) == 66
    assert first.split(",")[:2] == ["0", "3"] and second.split(",")[:2] == ["1", "8"]
    assert second.split(",")[-1] == "63"


def test_a_file_that_cannot_be_written_whole_is_not_there_at_all(tmp_path):
    target = tmp_path / "data" / "digits.csv"
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "id,digit\n" + "ü")
    assert list(target.parent.iterdir()) == []
    write_whole(target, "id,digit\n")
    assert target.read_text() == "id,digit\n"
