"""Smooth random fields on the globe, and weather that wanders through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
WORLD_RADIUS_KM = 6371.0  # of the made-up world: another one would make other worlds of a seed


def on_sphere(longitude: Array, latitude: Array) -> Array:
    """Unit vectors `(3, n)` of points in degrees, so that no field has a seam or a pole."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


@dataclass(frozen=True)
class SmoothField:
    """A random field of mean 0 and variance 1 whose correlation is exp(-d^2 / 2 length^2).

    A sum of plane waves cut by the sphere (Rahimi and Recht 2007, random Fourier features), so its
    value at a point depends on that point alone: any grid sees the same field.
    """

    waves: Array  # (n_waves, 3), radians per Earth radius
    phases: Array  # (n_waves,)

    @classmethod
    def draw(cls, rng: np.random.Generator, length_km: float, n_waves: int = 40) -> SmoothField:
        """A field whose correlation falls over `length_km`."""
        waves = rng.standard_normal((n_waves, 3)) * (WORLD_RADIUS_KM / length_km)
        return cls(waves, rng.uniform(0.0, 2 * np.pi, n_waves))

    def at(self, points: Array) -> Array:
        """Values `(n,)` at unit vectors `(3, n)`."""
        total = np.zeros(points.shape[1])
        for (a, b, c), phase in zip(self.waves, self.phases, strict=True):
            total += np.cos(a * points[0] + b * points[1] + c * points[2] + phase)
        return np.sqrt(2.0 / len(self.phases)) * total


@dataclass(frozen=True)
class Anomalies:
    """Fields that change from step to step and remember a part of the step before.

    A few fixed patterns, each with an autoregressive series of its own: mean 0, variance 1.
    """

    patterns: tuple[SmoothField, ...]
    series: Array  # (n_steps, n_patterns)

    @classmethod
    def draw(
        cls, rng: np.random.Generator, length_km: float, steps: int, memory: float
    ) -> Anomalies:
        """`memory` is the correlation of one step with the next."""
        patterns = tuple(SmoothField.draw(rng, length_km) for _ in range(10))
        series = rng.standard_normal((steps, len(patterns)))
        for step in range(1, steps):
            series[step] = memory * series[step - 1] + np.sqrt(1 - memory**2) * series[step]
        return cls(patterns, series / np.sqrt(len(patterns)))

    def patterns_at(self, points: Array) -> Array:
        """The patterns `(n_patterns, n)` at unit vectors `(3, n)`, to be given to `step`."""
        return np.stack([pattern.at(points) for pattern in self.patterns])

    def step(self, patterns: Array, step: int) -> Array:
        """The anomaly `(n,)` of one step, from what `patterns_at` gave."""
        total = np.zeros(patterns.shape[1])
        for weight, pattern in zip(self.series[step], patterns, strict=True):
            total += weight * pattern
        return total
