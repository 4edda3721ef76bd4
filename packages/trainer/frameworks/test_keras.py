"""Real runs of Keras's `fit`, killed and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

from playing import at_step, attempt, ended, fresh, kill, losses

TRAIN = """
import time, numpy, keras

class Slow(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None): time.sleep(job.hyper.get("pause", 0))

def build():
    keras.utils.set_random_seed(job.seed)
    layers = [keras.layers.Dense(16, activation="tanh"), keras.layers.Dropout(0.2), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((8,)), *layers])
    model.compile(keras.optimizers.Adam(1e-2), "mse")
    return model

with sluice.step() as job:
    inputs = numpy.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    callback = sluice.callbacks.keras(job)
    model = callback.load() or build()
    model.fit(inputs, numpy.sin(inputs.sum(1)), batch_size=8, epochs=6, initial_epoch=callback.initial_epoch,
              callbacks=[callback, Slow()], verbose=0)
    job.save_model(lambda dir: numpy.savez(dir / "weights.npz", *model.get_weights()))
"""


def test_a_fit_that_is_told_to_stop_and_then_killed_has_the_losses_of_one_that_was_left_alone(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, TRAIN, 1)) == 0
    assert sorted(losses(twin)) == [8, 16, 24, 32, 40, 48]
    assert len(set(losses(twin).values())) == 6

    process = attempt(worker, TRAIN, 1, hyper={"pause": 0.1})
    at_step(worker, 10)
    assert kill(process, signal.SIGTERM) == 75
    stopped = worker.events("checkpoint")[-1]["step"]
    assert stopped % 8 == 0 and stopped >= 16  # the epoch was trained to its end

    process = attempt(worker, TRAIN, 2, hyper={"pause": 0.1})
    at_step(worker, stopped + 12)
    assert kill(process, signal.SIGKILL) == -signal.SIGKILL

    assert ended(attempt(worker, TRAIN, 3)) == 0
    assert losses(worker) == losses(twin)
    assert (worker.output / "weights.npz").read_bytes() == (twin.output / "weights.npz").read_bytes()
