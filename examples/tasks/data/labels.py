"""Which words of an address are a date, an amount, a place or an office: patterns and lists, no human's labels."""

from __future__ import annotations

import re

MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
YEAR = r"1[67]\d\d|18\d\d|19\d\d|20[0-2]\d"
STATES = """Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho
Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri
Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico New_York North_Carolina North_Dakota Ohio Oklahoma
Oregon Pennsylvania Rhode_Island South_Carolina South_Dakota Tennessee Texas Utah Vermont Virginia West_Virginia
Wisconsin Wyoming""".split()
COUNTRIES = """Great_Britain France Spain Portugal Mexico Brazil Chile Peru Cuba Russia Prussia Germany Austria
Italy Turkey Japan China Korea Nicaragua Colombia Venezuela Panama Hayti Haiti Canada Denmark Sweden Norway
Netherlands Belgium Greece Egypt Morocco Tripoli Algiers Tunis Iraq Iran Afghanistan Vietnam Philippines Israel
Poland Hungary Guatemala Honduras Costa_Rica Bolivia Ecuador Paraguay Uruguay Argentina Hawaii Samoa Siam
Switzerland Liberia""".split()
OFFICES = """Secretary_of_State Secretary_of_the_Treasury Secretary_of_War Secretary_of_the_Navy
Secretary_of_the_Interior Secretary_of_Agriculture Secretary_of_Commerce Secretary_of_Labor Secretary_of_Defense
Attorney_General Attorney-General Postmaster_General Postmaster-General Department_of_State Department_of_War
Department_of_the_Interior Department_of_Agriculture Department_of_Justice Department_of_Labor
Department_of_Commerce Department_of_Defense War_Department Navy_Department Treasury_Department State_Department
Post-Office_Department Post_Office_Department House_of_Representatives Senate Supreme_Court
Interstate_Commerce_Commission Federal_Reserve_Board Civil_Service_Commission Bureau_of_Labor
Commissioner_of_Pensions Commissioner_of_Indian_Affairs""".split()


def _any_of(names: list[str]) -> str:
    longest_first = sorted({name.replace("_", " ") for name in names}, key=lambda name: (-len(name), name))
    return "|".join(map(re.escape, longest_first))


DATED = rf"(?:{MONTH}) \d{{1,2}}(?:st|nd|rd|th)?(?:, ?(?:{YEAR}))?|(?:{MONTH}),? (?:{YEAR})"
PATTERNS = {
    "DATE": re.compile(
        rf"\b(?:{DATED}|(?<=[Ii]n )(?:{YEAR})|(?<=of )(?:{YEAR})|(?<=[Ss]ince )(?:{YEAR}))\b(?![\d,]*\d)"
    ),
    "MONEY": re.compile(
        r"\$ ?\d[\d,]*(?:\.\d+)?(?: (?:thousand|million|billion|trillion)\b)?|\b\d[\d,]*(?:\.\d+)? dollars\b"
    ),
    "OFFICE": re.compile(rf"\b(?:{_any_of(OFFICES)})\b"),
    "PLACE": re.compile(rf"\b(?:{_any_of(STATES + COUNTRIES)})\b"),
}
YEAR_AT_END = re.compile(rf",? ?(?:{YEAR})$")


def entities(text: str) -> list[dict]:
    """`{start, end, label}` of each, by place; the end is exclusive."""
    found = [
        {"start": match.start(), "end": match.end(), "label": label}
        for label, pattern in PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    return sorted(found, key=lambda one: one["start"])


def has_year(text: str, entity: dict) -> bool:
    return YEAR_AT_END.search(text[entity["start"] : entity["end"]]) is not None
