"""Real runs of Hugging Face's `Trainer`, killed and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

from conftest import Worker
from playing import at_step, attempt, ended, fresh, kill, losses

TRAIN = """
import time, torch
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments

class Numbers(Dataset):
    def __len__(self): return 96
    def __getitem__(self, index):
        inputs = torch.randn(8, generator=torch.Generator().manual_seed(index))
        return {"inputs": inputs, "labels": inputs.sum().sin()}

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 1))
    def forward(self, inputs, labels):
        found = self.layers(inputs).squeeze(-1)
        return {"loss": torch.nn.functional.mse_loss(found, labels), "logits": found}

class Slow(TrainerCallback):
    def on_step_begin(self, args, state, control, **kwargs): time.sleep(job.hyper.get("pause", 0))

class LateRank(Trainer):
    '''The files of ranks but the first come late, as those of a large shard do.'''
    def _save_rng_state(self, output_dir):
        if job.rank > 0: time.sleep(1)
        super()._save_rng_state(output_dir)

with sluice.step() as job:
    torch.manual_seed(job.seed)
    torch.set_num_threads(1)
    args = TrainingArguments(
        output_dir=str(job.output / "hf"), max_steps=24, per_device_train_batch_size=4, logging_steps=1, save_steps=5,
        save_total_limit=1, report_to=[], disable_tqdm=True, use_cpu=True, seed=job.seed, learning_rate=1e-2,
    )
    callbacks = [sluice.callbacks.hf(job), Slow()]
    trainer = LateRank(Network(), args, train_dataset=Numbers(), callbacks=callbacks)
    checkpoint = job.resume()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    job.save_model(lambda dir: trainer.save_model(str(dir)))
"""


def test_a_trainer_that_is_told_to_stop_and_then_killed_has_the_losses_of_one_that_was_left_alone(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, TRAIN, 1)) == 0
    assert sorted(losses(twin)) == list(range(1, 25))

    process = attempt(worker, TRAIN, 1, hyper={"pause": 0.2})
    at_step(worker, 3)
    assert kill(process, signal.SIGTERM) == 75
    stopped = worker.events("checkpoint")[-1]["step"]
    assert stopped == worker.events("progress")[-1]["step"]  # no step is lost

    process = attempt(worker, TRAIN, 2, hyper={"pause": 0.2})
    at_step(worker, 12)
    assert kill(process, signal.SIGKILL) == -signal.SIGKILL
    assert stopped < worker.events("checkpoint")[-1]["step"] <= 15

    assert ended(attempt(worker, TRAIN, 3)) == 0
    assert losses(worker) == losses(twin)
    assert (worker.output / "model.safetensors").read_bytes() == (twin.output / "model.safetensors").read_bytes()


def test_ranks_are_kept_whole_and_stop_at_one_step(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, TRAIN, 1, ranks=2)) == 0
    whole(twin)

    process = attempt(worker, TRAIN, 1, ranks=2, hyper={"pause": 0.2})
    at_step(worker, 7)
    assert kill(process, signal.SIGTERM) == 75
    assert worker.events("checkpoint")[-1]["step"] == worker.events("progress")[-1]["step"]
    assert ended(attempt(worker, TRAIN, 2, ranks=2)) == 0
    whole(worker)
    assert losses(worker) == losses(twin)
    assert (worker.output / "model.safetensors").read_bytes() == (twin.output / "model.safetensors").read_bytes()


def whole(worker: Worker) -> None:
    """Every checkpoint has the files that every rank wrote."""
    for event in worker.events("checkpoint"):
        names = {path.name for path in Path(event["path"]).iterdir()}
        assert {"model.safetensors", "optimizer.pt", "rng_state_0.pth", "rng_state_1.pth", "trainer_state.json"} <= names
