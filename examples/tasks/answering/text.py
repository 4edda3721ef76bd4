"""Words, sentences and hashed features: how every task of this example reads a text."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\w+|[^\w\s]")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])")
ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Dr|St|No|Nos|vs|e\.g|i\.e|etc|cf|al|Messrs|Gen|Col|Hon|[A-Z])\.)$")


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    return [Token(match.group(), match.start(), match.end()) for match in TOKEN.finditer(text)]


def words(text: str) -> list[str]:
    """Lower-case words and numbers, without punctuation."""
    return [word.lower() for word in re.findall(r"\w+", text)]


def sentences(text: str) -> list[str]:
    """Parts that end in `.`, `!` or `?` before a capital; not after a known abbreviation or an initial."""
    found: list[str] = []
    for part in SENTENCE_END.split(text.strip()):
        if found and ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part:
            found.append(part)
    return found


def place(feature: str, width: int) -> int:
    """A feature's column. The same in every process, which Python's own `hash` is not."""
    return zlib.crc32(feature.encode()) % width


def matrix(rows: Sequence[Iterable[str]], width: int) -> csr_matrix:
    """Counts of each row's features, hashed to `width` columns."""
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for row in rows:
        counts = Counter(place(feature, width) for feature in row)
        columns.extend(counts)
        values.extend(map(float, counts.values()))
        ends.append(len(columns))
    made = csr_matrix((values, columns, ends), shape=(len(rows), width))
    made.sort_indices()
    return made


def weights_by_rarity(counts: csr_matrix) -> np.ndarray:
    """Inverse document frequency, smoothed: ln((1 + n) / (1 + df)) + 1."""
    rows = counts.shape[0]
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.log((1 + rows) / (1 + seen)) + 1


def weighted(counts: csr_matrix, rarity: np.ndarray) -> csr_matrix:
    """TF-IDF rows of length 1; a row without features stays zero. A word's count enters as 1 + ln(count)."""
    made = counts.copy()
    made.data = (1 + np.log(made.data)) * rarity[made.indices]
    lengths = np.sqrt(np.asarray(made.multiply(made).sum(axis=1)).ravel())
    made.data /= np.repeat(np.where(lengths == 0, 1, lengths), np.diff(made.indptr))
    return made
