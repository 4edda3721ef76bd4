"""A small network with one hidden layer, all its numbers in one flat vector: easy to save, to update and to compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MINUTES = 10.0
"""Minutes per unit of the network's answer."""

TOLERANCE = 0.3
"""Errors below this (in units) count quadratically, above it linearly: a storm must not outweigh a month."""


@dataclass(frozen=True)
class Network:
    """Views into `weights`; writing to the vector changes the network."""

    weights: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray


def network(weights: np.ndarray, inputs: int, units: int) -> Network:
    cuts = np.cumsum([inputs * units, units, units])
    if weights.size != cuts[-1] + 1:
        raise ValueError(f"{weights.size} weights do not make a network of {inputs} inputs and {units} hidden units")
    hidden, hidden_bias, out, out_bias = np.split(weights, cuts)
    return Network(weights, hidden.reshape(inputs, units), hidden_bias, out, out_bias)


def fresh_weights(rng: np.random.Generator, inputs: int, units: int) -> np.ndarray:
    weights = np.zeros(inputs * units + units + units + 1, dtype=np.float32)
    start = network(weights, inputs, units)
    start.hidden[:] = rng.standard_normal((inputs, units), dtype=np.float32) * np.float32(inputs**-0.5)
    start.out[:] = rng.standard_normal(units, dtype=np.float32) * np.float32(units**-0.5)
    return weights


def predict(net: Network, x: np.ndarray, departure: np.ndarray) -> np.ndarray:
    """Arrival delays in minutes: the departure delay and what the network says is lost or made up on the way."""
    activity = np.maximum(x @ net.hidden + net.hidden_bias, 0)
    return departure + MINUTES * (activity @ net.out + net.out_bias)


def gradient(net: Network, x: np.ndarray, departure: np.ndarray, arrival: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean loss of a batch, and its gradient as one vector like `net.weights`."""
    activity = np.maximum(x @ net.hidden + net.hidden_bias, 0)
    error = activity @ net.out + net.out_bias - (arrival - departure) / MINUTES
    size = np.abs(error)
    loss = np.where(size < TOLERANCE, error * error / (2 * TOLERANCE), size - TOLERANCE / 2)
    slope = (np.clip(error / TOLERANCE, -1, 1) / len(error)).astype(np.float32)
    back = slope[:, np.newaxis] * net.out * (activity > 0)
    parts = [(x.T @ back).ravel(), back.sum(axis=0), activity.T @ slope, slope.sum(keepdims=True)]
    return float(loss.mean()), np.concatenate(parts)
