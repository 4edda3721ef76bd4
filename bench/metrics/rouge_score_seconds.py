"""Times `rouge_score` on pairs of texts: a JSON file in; seconds of the processor and sums of the scores out."""
import json
import sys
import time

from rouge_score import rouge_scorer

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
scorer = rouge_scorer.RougeScorer(given["types"], use_stemmer=given["stemmer"])
started = time.process_time()
sums = {kind: 0.0 for kind in given["types"]}
for expected, answer in given["pairs"]:
    for kind, score in scorer.score(expected, answer).items():
        sums[kind] += score.fmeasure
print(json.dumps({"seconds": time.process_time() - started, "sums": sums}))
