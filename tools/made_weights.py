# SPDX-License-Identifier: Apache-2.0
"""Weights that are a function of their tensor's name and place, so that a golden case needs no file
of weights: tests/models/made_checkpoint.h makes the same numbers."""
import numpy as np

MASK = (1 << 64) - 1


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def uniform(name, count):
    """count numbers in [-1, 1), multiples of 2^-23: splitmix64(FNV-1a(name) + place)."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(
            0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2.0**23 - 1.0


def made_tensors(folder):
    """The tensors of a golden case by name, in the order of its tensors.tsv."""
    tensors = {}
    for line in (folder / "tensors.tsv").read_text().splitlines():
        name, shape, offset, scale = line.split("\t")
        shape = [int(n) for n in shape.split(",")]
        values = float(offset) + float(scale) * uniform(name, int(np.prod(shape)))
        tensors[name] = values.astype(np.float32).reshape(shape)
    return tensors
