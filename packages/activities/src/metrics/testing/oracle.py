"""What the reference libraries say: JSON in on stdin, JSON out on stdout, a task a line.

Each line in is {"task": NAME, ...}; each line out its answer, or {"error": TEXT}.
"""
import collections
import json
import logging
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


def bleu(cases, options):
    """Scores of the single cases, then of all together."""
    from sacrebleu.metrics import BLEU

    metric = BLEU(**options)
    return over_cases(metric, cases)


def chrf(cases, options):
    from sacrebleu.metrics import CHRF

    return over_cases(CHRF(**options), cases)


def over_cases(metric, cases):
    logging.disable(logging.WARNING)
    single = [metric.sentence_score(answer, expected).score for expected, answer in cases]
    answers = [answer for _, answer in cases]
    references = list(zip(*(expected for expected, _ in cases)))
    return [single, metric.corpus_score(answers, references).score]


def classes(expected, answers):
    from sklearn.metrics import accuracy_score, f1_score

    averages = [f1_score(expected, answers, average=one) for one in ("macro", "micro", "weighted")]
    binary = [f1_score(expected, answers, average="binary", pos_label=one) for one in given_labels(expected)]
    return [accuracy_score(expected, answers), *averages, *binary]


def given_labels(expected):
    return sorted(set(expected)) if len(set(expected)) == 2 else []


def ranking(expected, scores):
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

    return [
        roc_auc_score(expected, scores),
        average_precision_score(expected, scores),
        log_loss(expected, [min(1, max(0, one)) for one in scores]),
    ]


def ranking_of_classes(expected, scores, labels):
    """`scores` has a row a case, a column a label; the labels are sorted."""
    from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
    from sklearn.preprocessing import label_binarize

    truly = label_binarize(expected, classes=labels)
    return [
        roc_auc_score(expected, scores, multi_class="ovr", average="macro", labels=labels),
        roc_auc_score(expected, scores, multi_class="ovr", average="weighted", labels=labels),
        average_precision_score(truly, scores, average="macro"),
        average_precision_score(truly, scores, average="weighted"),
        log_loss(expected, scores, labels=labels),
    ]


def entities(length, cases):
    """Entities that do not overlap as tags of a sequence, for seqeval."""
    from seqeval.metrics import f1_score

    def tags(spans):
        found = ["O"] * length
        for span in spans:
            for at in range(span["start"], span["end"]):
                found[at] = ("B-" if at == span["start"] else "I-") + span["label"]
        return found

    expected, answers = [tags(one) for one, _ in cases], [tags(one) for _, one in cases]
    return [f1_score(expected, answers, average=one) for one in ("micro", "macro")]


def cosines(pairs):
    from scipy.spatial.distance import cosine

    return [1 - cosine(one, other) for one, other in pairs]


def features(expected, answers):
    """FID by pytorch-fid's and clean-fid's formula and by torch-fidelity's; KID of all rows at once."""
    import scipy.linalg
    from sklearn.metrics.pairwise import polynomial_kernel

    x, y = np.array(expected), np.array(answers)
    means = x.mean(axis=0) - y.mean(axis=0)
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    apart = means @ means + np.trace(a) + np.trace(b)
    root = scipy.linalg.sqrtm(a @ b)
    if not np.isfinite(root).all():
        root = scipy.linalg.sqrtm((a + 1e-6 * np.eye(len(a))) @ (b + 1e-6 * np.eye(len(b))))
    eigenvalues = np.linalg.eigvals(a @ b).astype("complex128")
    within = 0
    for rows in (x, y):
        kernel = polynomial_kernel(rows, degree=3, coef0=1)
        within += (kernel.sum() - np.trace(kernel)) / (len(rows) * (len(rows) - 1))
    return [
        apart - 2 * np.trace(root).real,
        apart - 2 * np.sqrt(eigenvalues).real.sum(),
        within - 2 * polynomial_kernel(x, y, degree=3, coef0=1).mean(),
    ]


def raters(lists):
    """Not defined where both say one and the same of all: NaN, which is null here."""
    import warnings

    from sklearn.metrics import cohen_kappa_score

    warnings.simplefilter("ignore")
    return [cohen_kappa_score([one for one, _ in pairs], [other for _, other in pairs]) for pairs in lists]


TASKS = {
    "raters": lambda given: raters(given["lists"]),
    "features": lambda given: features(given["expected"], given["answers"]),
    "bleu": lambda given: bleu(given["cases"], given["options"]),
    "chrf": lambda given: chrf(given["cases"], given["options"]),
    "classes": lambda given: classes(given["expected"], given["answers"]),
    "ranking": lambda given: ranking(given["expected"], given["scores"]),
    "ranking of classes": lambda given: ranking_of_classes(given["expected"], given["scores"], given["labels"]),
    "entities": lambda given: entities(given["length"], given["cases"]),
    "cosines": lambda given: cosines(given["pairs"]),
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

    return {name: version(name) for name in ("rouge-score", "nltk", "sacrebleu", "scikit-learn", "seqeval", "scipy", "numpy")}


if __name__ == "__main__":
    print(json.dumps(versions()), flush=True)
    for line in sys.stdin:
        given = json.loads(line)
        try:
            print(json.dumps(plain(TASKS[given["task"]](given))), flush=True)
        except Exception as error:  # noqa: BLE001 - it is the answer
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
