"""What the reference libraries say: JSON in on stdin, JSON out on stdout, a task a line.

Each line in is {"task": NAME, ...}; each line out its answer, or {"error": TEXT}.
"""
import collections
import json
import math
import re
import string
import sys

import numpy as np


def rouge(pairs, types, stemmer):
    from rouge_score import rouge_scorer

    scorer = rouge_scorer.RougeScorer(types, use_stemmer=stemmer)
    found = [scorer.score(expected, answer) for expected, answer in pairs]
    return [[[one[kind].precision, one[kind].recall, one[kind].fmeasure] for kind in types] for one in found]


def stems(words):
    from nltk.stem.porter import PorterStemmer

    stemmer = PorterStemmer()
    return [stemmer.stem(word) for word in words]


def squad(pairs):
    """`normalize_answer` and `compute_f1` as SQuAD's evaluation script v2.0 has them."""

    def normal(text):
        text = "".join(one for one in text.lower() if one not in set(string.punctuation))
        return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())

    def f1(expected, answer):
        gold, said = normal(expected).split(), normal(answer).split()
        if not gold or not said:
            return int(gold == said)
        same = sum((collections.Counter(gold) & collections.Counter(said)).values())
        if same == 0:
            return 0
        precision, recall = same / len(said), same / len(gold)
        return 2 * precision * recall / (precision + recall)

    return [[int(normal(expected) == normal(answer)), f1(expected, answer)] for expected, answer in pairs]


def regression(expected, answers):
    from sklearn.metrics import mean_absolute_error, root_mean_squared_error

    return [mean_absolute_error(expected, answers), root_mean_squared_error(expected, answers)]


TASKS = {
    "rouge": lambda given: rouge(given["pairs"], given["types"], given["stemmer"]),
    "stems": lambda given: stems(given["words"]),
    "squad": lambda given: squad(given["pairs"]),
    "regression": lambda given: regression(given["expected"], given["answers"]),
}


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (float, np.floating)):
        # Twelve digits tell whether two formulas are the same, and keep the stored answers small.
        return float(f"{float(value):.12g}") if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def versions():
    from importlib.metadata import version

    return {name: version(name) for name in ("rouge-score", "nltk", "sacrebleu", "scikit-learn", "scipy", "numpy")}


if __name__ == "__main__":
    print(json.dumps(versions()), flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        try:
            print(json.dumps(plain(TASKS[given["task"]](given))), flush=True)
        except Exception as error:  # noqa: BLE001 - it is the answer
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
