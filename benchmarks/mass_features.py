"""Do features make an excess? Searches without signal, with features that are hard on them.

    python benchmarks/mass_features.py [--replicas 40] [--large 4] [--processes 2]

First features with few distinct values, independent of the mass: a significance must be one. Then
features that tell the mass together, in ten times as many events: there must be no excess, or the
result must be marked as not to be believed. Masses are exponential, the window is 3300-3700 GeV,
everything else by default.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from verdict import finish, row

from anomalon.core import Sample, Seed
from anomalon.run import default_executor
from anomalon.search import FitSettings, Search, Window
from anomalon.search.results.checks import decisive

EFFICIENCIES = (0.1, 0.01)
Columns = Callable[[np.random.Generator, NDArray[np.float64]], list[Any]]


def rounded(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return [np.round(rng.normal(size=len(m)), 1), rng.normal(size=len(m))]


def three(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    n = len(m)
    return [rng.poisson(5, n), rng.random(n) < 0.3, rng.integers(0, 5, n)]


def poisson(mean: float) -> Columns:
    return lambda rng, m: [rng.poisson(mean, len(m)), rng.normal(size=len(m))]


INDEPENDENT: dict[str, Columns] = {
    "two normal": lambda rng, m: [*rng.normal(size=(2, len(m)))],
    "Poisson(1)": poisson(1),
    "Poisson(5)": poisson(5),
    "Poisson(50)": poisson(50),
    "boolean": lambda rng, m: [rng.random(len(m)) < 0.3, rng.normal(size=len(m))],
    "rounded": rounded,
    "three discrete": three,
}


def correlated(rng: np.random.Generator, rho: NDArray[np.float64]) -> list[Any]:
    a, b = rng.normal(size=(2, len(rho)))
    return [a, rho * a + np.sqrt(1 - rho**2) * b]


def correlation_linear(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return correlated(rng, np.clip(3 * np.log(m / 3500), -0.95, 0.95))


def correlation_square(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return correlated(rng, np.clip(0.4 * ((m - 3500) / 400) ** 2, -0.9, 0.9))


def transverse_momenta(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    share, noise = rng.normal(size=(2, len(m)))
    return [m / 2 + 150 * share, m / 2 - 150 * share + 100 * noise]


def mass_itself(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return [m / 1000, rng.normal(size=len(m))]


def noisy_mass(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return [m * rng.normal(1, 0.03, len(m)), rng.normal(size=len(m))]


def rounded_mass(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    return [np.round(m / 100), rng.normal(size=len(m))]


def equal_tags(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    tag = rng.random(len(m)) < expit(-1 + 2 * np.log(m / 3500))
    return [tag, tag]


def missing_jet(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    gone = rng.random(len(m)) < expit(-1 + 3 * np.log(m / 3500))
    return [np.where(gone, -999, value) for value in rng.normal(size=(2, len(m)))]


def missing_and_correlated(rng: np.random.Generator, m: NDArray[np.float64]) -> list[Any]:
    gone = rng.random(len(m)) < expit(-1 + 3 * np.log(m / 3500))
    a, b = rng.normal(size=(2, len(m)))
    return [np.where(gone, -999, value) for value in (a, 0.7 * (a + b))]


TELLING: dict[str, Columns] = {
    "correlation linear in ln m": correlation_linear,
    "correlation square in m": correlation_square,
    "pt1 + pt2 near m": transverse_momenta,
    "m": mass_itself,
    "m with 3 % noise": noisy_mass,
    "m rounded to 100 GeV": rounded_mass,
    "two equal tags": equal_tags,
    "-999 twice": missing_jet,
    "-999 twice, correlated": missing_and_correlated,
}


@dataclass(frozen=True)
class Piece:
    """One data set, to be made and searched in any process."""

    name: str
    n: int
    seed: Seed

    def __call__(self) -> NDArray[np.float64]:
        """Rows of Z, whether a check failed, and what the closure adds to the uncertainty."""
        data = self.draw()
        search = Search(
            windows=(Window(3300, 3700, 2900, 4100),),
            features=(data.names,),
            efficiencies=EFFICIENCIES,
            fit=FitSettings(range=(2700, 6000), shape="exponential"),
        )
        (window,) = search.run(data, seed=self.seed).windows
        rows = []
        for cut in window.cuts[1:]:
            checks = decisive(window, cut, relative=True)
            others = (cut.sigma.poisson, cut.sigma.fit, cut.sigma.ensemble, cut.sigma.folds)
            without = float(np.linalg.norm(others))
            cost = without / np.hypot(without, cut.sigma.closure)
            rows.append((cut.z_local, any(c.verdict == "failed" for c in checks), cost))
        return np.array(rows, dtype=np.float64)

    def draw(self) -> Sample:
        rng = self.seed.child("data").generator()
        m = 2600 + rng.exponential(600, 2 * self.n)
        m = m[m < 6500][: self.n]
        columns = (INDEPENDENT | TELLING)[self.name](rng, m)
        x = np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)
        return Sample(x, tuple(f"x{i}" for i in range(x.shape[1])), m, source=self.name)


def call(piece: Piece) -> NDArray[np.float64]:
    return piece()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=40)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=4, help="data sets of features that tell")
    parser.add_argument("--large-events", type=int, default=200_000)
    parser.add_argument("--processes", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    seed = Seed(options.seed).child("mass features")
    sets = [(name, options.events, options.replicas) for name in INDEPENDENT]
    sets += [(name, options.large_events, options.large) for name in TELLING]
    pieces = [
        Piece(name, n, seed.child(name, data=i)) for name, n, count in sets for i in range(count)
    ]
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name, *_ in sets}
    for done, (index, value) in enumerate(
        default_executor(options.processes).map_unordered(call, pieces), start=1
    ):
        found[pieces[index].name].append(value)
        print(f"{done}/{len(pieces)}", file=sys.stderr, end="\r")
    results = []
    for name, values in found.items():
        judge = independent if name in INDEPENDENT else telling
        if values:
            results += judge(name, np.array(values))
    finish("mass_features", results)


def independent(name: str, found: NDArray[np.float64]) -> list[dict[str, object]]:
    """Is Z a standard normal?"""
    results = []
    for i, efficiency in enumerate(EFFICIENCIES):
        z, failed, cost = found[:, i].T
        small = float(np.mean(z > 1.6449))
        what = f"{name}, {efficiency:.0%} cut"
        print(
            f"{what}: Z {z.mean():+.2f} +- {z.std() / np.sqrt(len(z)):.2f}, sd {z.std():.2f}, "
            f"largest {z.max():.2f}, p < 0.05 in {small:.3f}, checks failed in "
            f"{failed.mean():.3f}, uncertainty without closure over all {cost.mean():.3f} "
            f"(median {np.median(cost):.3f})"
        )
        results += [
            row(f"mean Z, {what}", z.mean(), bar="|.| < 0.35", ok=abs(z.mean()) < 0.35),
            row(f"share of p < 0.05, {what}", small, bar="<= 0.09", ok=small <= 0.09),
        ]
    return results


def telling(name: str, found: NDArray[np.float64]) -> list[dict[str, object]]:
    """Is there no excess, or else a mark?"""
    results = []
    for i, efficiency in enumerate(EFFICIENCIES):
        z, failed, _ = found[:, i].T
        what = f"{name}, {efficiency:.0%} cut"
        unmarked = z[failed == 0]
        print(
            f"{what}: Z {z.mean():+.2f}, largest {z.max():+.2f}, checks failed in "
            f"{int(failed.sum())} of {len(z)}"
            + (f", Z of the others {unmarked.mean():+.2f}" if len(unmarked) else "")
        )
        ok = abs(z.mean()) < 0.3 or not len(unmarked) or abs(unmarked.mean()) < 0.3
        results.append(
            row(
                f"mean Z, {what}",
                z.mean(),
                bar="|.| < 0.3 or marked",
                ok=ok,
                marked=float(failed.mean()),
            )
        )
    return results


if __name__ == "__main__":
    main()
