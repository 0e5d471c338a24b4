"""The Verilog itself, simulated cycle by cycle by verilator.

da4ml brings the wrapper and its binding; what links them is written here, because its own Makefile
asks for libraries that verilators before 5.0.10 do not build.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import DataError, MissingExtra
from anomalon.export.firmware.logic import NAME

__all__ = ["simulated", "verilator"]


def verilator() -> str | None:
    """Where the simulator is; None if it is not installed."""
    return shutil.which("verilator")


def simulated(project: Any, folder: Path, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """The scores that Verilog gives, in verilator, shape (event,).

    Args:
        project: What `Logic.verilog` gave.
        folder: Where it has been written.
        inputs: Of events, shape (event, input).

    Raises:
        MissingExtra: If verilator or g++ is not installed.
        DataError: If the simulation cannot be built.
    """
    for program in ("verilator", "g++"):
        if shutil.which(program) is None:
            raise MissingExtra(program, "trigger", "simulation of Verilog")
    place, top = folder.resolve() / "sim", f"{NAME}_wrapper"
    root = Path(_said(["verilator", "--getenv", "VERILATOR_ROOT"], place).strip()) / "include"
    flags = "-std=c++17 -fPIC -O1"
    sources = ["-I../src", "-I../src/static"]
    _said(
        ["verilator", "--cc", "-j", "1", "--build", f"{top}.v", "--prefix", f"V{top}",
         "-CFLAGS", flags, *sources], place,
    )  # fmt: skip
    own = [str(root / name) for name in ("verilated.cpp", "verilated_threads.cpp")]
    library = f"lib{top}_local.so"
    _said(
        ["g++", *flags.split(), "-I./obj_dir", f"-I{root}", "-I../src", "-pthread", "-shared",
         "-o", library, f"{top}_binder.cc", *own, f"obj_dir/V{top}__ALL.a"], place,
    )  # fmt: skip
    project._load_lib("local")
    found = project.predict(np.ascontiguousarray(inputs, np.float64), n_threads=1)
    shutil.rmtree(place / "obj_dir")
    return np.asarray(found, np.float64).reshape(-1)


def _said(command: list[str], place: Path) -> str:
    """What a program writes.

    Raises:
        DataError: If it fails.
    """
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = "\n".join((done.stderr or done.stdout).splitlines()[-5:])
        raise DataError(f"verilog: {command[0]} failed in {place}: {last}")
    return done.stdout
