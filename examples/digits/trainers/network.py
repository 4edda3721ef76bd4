"""The network, and how it is written to and read from a model directory."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

FORMAT = 1


class Network(nn.Module):
    """Scores of the ten digits for images of n × 1 × 8 × 8, values from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            # A stride instead of pooling: how a GPU passes gradients back through pooling is not deterministic.
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.25),
            nn.Linear(32 * 4 * 4, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def save_network(network: Network, folder: Path) -> None:
    weights = {name: value.cpu() for name, value in network.state_dict().items()}
    torch.save(weights, folder / "weights.pt")
    about = {"format": FORMAT, "task": "digits", "input": {"pixels": 64, "largest": 16}, "output": "digit"}
    (folder / "model.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def load_network(folder: Path) -> Network:
    about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if about.get("format") != FORMAT:
        raise ValueError(f"{folder / 'model.json'}: format {about.get('format')!r}, this code reads {FORMAT}")
    network = Network()
    network.load_state_dict(torch.load(folder / "weights.pt", map_location="cpu", weights_only=True))
    return network.eval()
