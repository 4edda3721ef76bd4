"""Trains a small convolutional network on 8 × 8 images of handwritten digits, on a GPU where there is one.

A checkpoint holds everything the next step depends on: weights, optimizer, random generators, the order of the epoch.
On a CPU a run that was killed and resumed ends with the same bytes as one that was not.
"""

from __future__ import annotations

import os
from pathlib import Path

# cuBLAS adds up in a fixed order only with a fixed workspace. Must be set before CUDA starts.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import duckdb
import sluice
import torch
from network import Network, save_network
from torch.nn import functional

CHECKPOINTS = 12


def main() -> None:
    with sluice.step(data={"digits": "data/digits.parquet"}, hyper={"epochs": 30}) as job:
        train(job)


def train(job: sluice.Job) -> None:
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    epochs, batch = job.hyper.epochs, job.hyper.get("batch", 64)
    images, digits = (tensor.to(device) for tensor in read(job.data["digits"].path))

    batches = -(-len(images) // batch)
    total = epochs * batches
    network = Network().to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=job.hyper.get("rate", 2e-3))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)
    done, order = restore(job.resume(), network, optimizer, schedule, device)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "the CPU"
    job.info(f"{len(images)} images, {total} steps of {batch} on {where}, from step {done}")

    network.train()
    for step in range(done + 1, total + 1):
        at = (step - 1) % batches
        if at == 0:
            order = torch.randperm(len(images))
        pick = order[at * batch : (at + 1) * batch].to(device)
        scores = network(images[pick])
        loss = functional.cross_entropy(scores, digits[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

        if step % max(1, total // 20) == 0 or step == total:
            job.progress(step, total)
            job.log(step=step, loss=loss, accuracy=(scores.argmax(1) == digits[pick]).float().mean())
        if step < total and job.should_checkpoint(step, every=max(1, total // CHECKPOINTS)):
            state = snapshot(network, optimizer, schedule, order, step)
            job.checkpoint(step, lambda folder, state=state: torch.save(state, folder / "state.pt"))

    job.save_model(lambda folder: save_network(network, folder))


def read(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Images as n × 1 × 8 × 8 with values from 0 to 1, and what they show."""
    pixels = ", ".join(f"p{index}" for index in range(64))
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.execute(f"select digit, {pixels} from read_parquet($path)", {"path": str(path)}).fetchall()
    if not rows:
        raise SystemExit(f"{path.name} has no rows")
    table = torch.tensor(rows, dtype=torch.float32)
    return table[:, 1:].reshape(-1, 1, 8, 8) / 16, table[:, 0].long()


def snapshot(network, optimizer, schedule, order, step) -> dict:
    return {
        "step": step,
        "order": order,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore(checkpoint, network, optimizer, schedule, device) -> tuple[int, torch.Tensor]:
    if checkpoint is None:
        return 0, torch.zeros(0, dtype=torch.long)
    state = torch.load(checkpoint.path / "state.pt", map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    torch.set_rng_state(state["rng"])
    if device.type == "cuda" and state["cuda_rng"]:  # a checkpoint of a CPU has none: go on with this GPU's own
        torch.cuda.set_rng_state_all(state["cuda_rng"][: torch.cuda.device_count()])
    return state["step"], state["order"]


if __name__ == "__main__":
    main()
