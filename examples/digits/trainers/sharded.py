"""A network whose weights and optimizer are spread over several processes (FSDP), and checkpoints of its shards (DCP).

    python -m sluice.torchrun --standalone --nproc-per-node 4 trainers/sharded.py

What it learns is beside the point: a fixed random function. What is drawn at a step depends on the seed and the step alone, so
on a CPU a run that was killed and resumed by as many ranks ends with the same bytes as one that was not, and one that is
resumed by fewer or more goes on with the same batches, equal up to rounding.
"""

from __future__ import annotations

import os

import sluice
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_state_dict, set_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.nn import functional


def main() -> None:
    with sluice.step(hyper={"steps": 200, "every": 20}) as job:
        device = "cuda" if torch.cuda.is_available() and torch.cuda.device_count() >= job.world_size else "cpu"
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl" if device == "cuda" else "gloo")
        try:
            train(job, device)
        finally:
            dist.destroy_process_group()


def train(job: sluice.Job, device: str) -> None:
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    torch.manual_seed(job.seed)
    steps, batch, width = job.hyper.steps, job.hyper.get("batch", 32), job.hyper.get("width", 32)
    network = nn.Sequential(nn.Linear(16, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
    network.to(device)
    mesh = init_device_mesh(device, (job.world_size,))
    for layer in network:
        if isinstance(layer, nn.Linear):
            fully_shard(layer, mesh=mesh)
    fully_shard(network, mesh=mesh)
    optimizer = torch.optim.AdamW(network.parameters(), lr=job.hyper.get("rate", 1e-2))
    done = restore(job.resume(), network, optimizer)
    job.info(f"{job.world_size} ranks on {device}, from step {done} of {steps}")

    for step in range(done + 1, steps + 1):
        inputs, wanted = draw(job.seed, step, batch)
        mine = slice(job.rank * batch // job.world_size, (job.rank + 1) * batch // job.world_size)
        loss = functional.mse_loss(network(inputs[mine].to(device)), wanted[mine].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        job.progress(step, steps)
        if step % 10 == 0:
            job.log(step=step, loss=loss)
        if job.should_checkpoint(step, every=job.hyper.every):
            job.checkpoint(step, lambda folder, step=step: save(network, optimizer, step, folder))

    weights = get_model_state_dict(network, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    job.save_model(lambda folder: torch.save(weights, folder / "weights.pt") if job.rank == 0 else None)


def draw(seed: int, step: int, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The whole batch of a step, the same in every rank."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    inputs = torch.randn(batch, 16, generator=generator)
    return inputs, torch.sin(inputs.sum(1, keepdim=True))


def save(network: nn.Module, optimizer: torch.optim.Optimizer, step: int, folder: os.PathLike[str]) -> None:
    """Every rank writes its shards into the one folder that all are given."""
    weights, moments = get_state_dict(network, optimizer)
    dcp.save({"step": torch.tensor(step), "network": weights, "optimizer": moments}, checkpoint_id=folder)


def restore(checkpoint: sluice.Checkpoint | None, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """DCP reads what this number of ranks needs, by however many the checkpoint was written."""
    if checkpoint is None:
        return 0
    weights, moments = get_state_dict(network, optimizer)
    state = {"step": torch.tensor(0), "network": weights, "optimizer": moments}
    dcp.load(state, checkpoint_id=checkpoint.path)
    set_state_dict(network, optimizer, model_state_dict=state["network"], optim_state_dict=state["optimizer"])
    return int(state["step"])


if __name__ == "__main__":
    main()
