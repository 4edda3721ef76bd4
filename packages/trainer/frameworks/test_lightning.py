"""Real runs of Lightning's `Trainer`, killed and resumed."""

from __future__ import annotations

import signal
from pathlib import Path

from playing import at_step, attempt, ended, fresh, kill, losses

TRAIN = """
import time, warnings, torch
import lightning
from lightning.pytorch.callbacks import ModelCheckpoint
warnings.simplefilter("ignore")

class Batches:
    '''Each epoch's batches by its number, and where it stands in it: what a loader must know to go on in mid epoch.'''
    def __init__(self, rank, world): self.rank, self.world, self.epoch, self.at = rank, world, 0, 0
    def __len__(self): return 8
    def __iter__(self):
        last = False
        while not last:
            number = self.epoch * len(self) + self.at
            last = self.at == len(self) - 1
            self.epoch, self.at = (self.epoch + 1, 0) if last else (self.epoch, self.at + 1)
            inputs = torch.randn(8, 8, generator=torch.Generator().manual_seed(number))
            yield inputs[self.rank :: self.world]
    def state_dict(self): return {"epoch": self.epoch, "at": self.at}
    def load_state_dict(self, state): self.epoch, self.at = state["epoch"], state["at"]

class Network(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    def training_step(self, inputs, index):
        time.sleep(job.hyper.get("pause", 0))
        loss = torch.nn.functional.mse_loss(self.layers(inputs).squeeze(-1), inputs.sum(1).sin())
        self.log("loss", loss)
        return loss
    def configure_optimizers(self): return torch.optim.AdamW(self.parameters(), lr=1e-2)

with sluice.step() as job:
    torch.set_num_threads(1)
    lightning.seed_everything(job.seed, verbose=False)
    world = job.world_size
    trainer = lightning.Trainer(
        max_epochs=3, accelerator="cpu", devices=world, strategy="ddp" if world > 1 else "auto", log_every_n_steps=1,
        callbacks=[sluice.callbacks.lightning(job, every=5), ModelCheckpoint(dirpath=job.output / "pl", every_n_train_steps=7)],
        logger=False, enable_progress_bar=False, enable_model_summary=False, use_distributed_sampler=False,
    )
    checkpoint = job.resume()
    network = Network()
    trainer.fit(network, Batches(job.rank, world), ckpt_path=str(next(checkpoint.path.glob("*.ckpt"))) if checkpoint else None)
    job.save_model(lambda dir: torch.save(network.state_dict(), dir / "weights.pt") if job.rank == 0 else None)
"""


def test_a_trainer_that_is_told_to_stop_and_then_killed_has_the_losses_of_one_that_was_left_alone(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, TRAIN, 1)) == 0
    assert sorted(losses(twin)) == list(range(1, 25))
    assert [event["step"] for event in twin.events("checkpoint")] == [5, 7, 10, 14, 15, 20, 21]

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
    assert (worker.output / "weights.pt").read_bytes() == (twin.output / "weights.pt").read_bytes()


def test_ranks_stop_at_one_step_and_go_on_from_there(tmp_path: Path) -> None:
    twin, worker = fresh(tmp_path, "twin"), fresh(tmp_path, "disturbed")
    assert ended(attempt(twin, TRAIN, 1, ranks=2)) == 0
    process = attempt(worker, TRAIN, 1, ranks=2, hyper={"pause": 0.2})
    at_step(worker, 6)
    assert kill(process, signal.SIGTERM) == 75
    assert worker.events("checkpoint")[-1]["step"] == worker.events("progress")[-1]["step"]
    assert ended(attempt(worker, TRAIN, 2, ranks=2)) == 0
    assert (worker.output / "weights.pt").read_bytes() == (twin.output / "weights.pt").read_bytes()
