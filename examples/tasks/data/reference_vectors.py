"""Where a paragraph lies in the index that readers search: TF-IDF and a singular value decomposition, 24 dimensions.

A model of this example has to put a text where that index has it. The reference is a model's, then, and no human's.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import svds
from sklearn.feature_extraction.text import TfidfVectorizer

DIMENSIONS = 24
STOPPED = "english"


def reference_vectors(texts: list[str]) -> list[list[float]]:
    """A vector of length 1 for each text, to four places; the first dimension, which all share, is left out."""
    table = TfidfVectorizer(min_df=5, sublinear_tf=True, stop_words=STOPPED).fit_transform(texts)
    start = np.ones(min(table.shape))
    _, _, axes = svds(table, k=DIMENSIONS + 1, v0=start, rng=0)
    axes = axes[::-1][1:]
    # The sign of an axis is arbitrary: its largest weight is positive here.
    axes *= np.sign(axes[np.arange(DIMENSIONS), np.abs(axes).argmax(axis=1)])[:, None]
    found = table @ axes.T
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.round(4).tolist()
