"""Compiles the deal that is written in C and calls it."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prenup.engine import sobol
from prenup.engine.streams import Design

from .microsoft_openai import CHANCES, MONTH_ENDS, PARTIES, SHOCKS, UNKNOWNS, Array

SOURCE = Path(__file__).with_name("microsoft_openai.c")
FOLDER = Path(__file__).parents[2] / "build"
FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=gnu17", "-shared", "-fPIC")

_POINTER = ctypes.c_void_p


def compile_c(*, anew: bool = False) -> tuple[Path, float]:
    """The shared library of the source, and the seconds that gcc took; none where it was there already.

    Its name holds a hash of the source, the flags and the processor. `anew` compiles it in any case.

    Raises:
        RuntimeError: there is no gcc. subprocess.CalledProcessError: it refuses the source.
    """
    gcc = shutil.which("gcc")
    if gcc is None:
        raise RuntimeError("the deal in C needs gcc")
    text = SOURCE.read_text() + " ".join(FLAGS) + _processor(gcc)
    name = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    library = FOLDER / f"microsoft_openai-{name}.so"
    if library.exists() and not anew:
        return library, 0.0
    FOLDER.mkdir(exist_ok=True)
    begin = time.perf_counter()
    unfinished = library.with_suffix(f".{os.getpid()}")
    subprocess.run([gcc, *FLAGS, "-o", unfinished, SOURCE, "-lm"], check=True)
    unfinished.replace(library)
    return library, time.perf_counter() - begin


def _processor(gcc: str) -> str:
    """What -march=native means to this gcc on this machine."""
    return subprocess.run([gcc, "-march=native", "-Q", "--help=target"], check=True, capture_output=True, text=True).stdout


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(compile_c()[0]))
    library.present_values.argtypes = [ctypes.c_int] * 5 + [_POINTER] * 5
    library.present_values.restype = ctypes.c_int
    return library


def c_values(design: Design, executor: Executor | None = None, n_threads: int = 1) -> Array:
    """Present values on prenup's draws, (party, randomisation, view, path); threads share the randomisations.

    Raises:
        ValueError: the draws are not Sobol points, or the views share their futures. MemoryError: there is no memory.
    """
    if design.sampler != "sobol" or design.shared:
        raise ValueError("the deal in C draws Sobol points, and for each view futures of its own")
    out = np.empty((len(PARTIES), design.randomisations, design.views, design.paths))
    cuts = [design.randomisations * i // n_threads for i in range(n_threads + 1)]
    parts = list(itertools.pairwise(cuts))
    keys = _keys(design.seed)
    if executor is None:
        failed: Sequence[int] = [_call(design, first, last, keys, out) for first, last in parts]
    else:
        waiting = [executor.submit(_call, design, first, last, keys, out) for first, last in parts]
        failed = [future.result() for future in waiting]
    if any(failed):
        raise MemoryError
    return out


def _call(design: Design, first: int, last: int, keys: NDArray[np.uint64], out: Array) -> int:
    """One call; other threads run meanwhile."""
    failed: int = _library().present_values(
        design.randomisations, design.views, design.paths, first, last, keys.ctypes.data,
        _ranges().ctypes.data, _directions().ctypes.data, MONTH_ENDS.ctypes.data, out.ctypes.data,
    )  # fmt: skip
    return failed


def _keys(seed: int) -> NDArray[np.uint64]:
    """The keys of all streams, in the order in which the C program numbers them."""
    kinds = (("view_uniform", tuple(UNKNOWNS)), ("brownian", SHOCKS), ("uniform", CHANCES))
    streams = [(kind, name) for kind, names in kinds for name in names]
    return np.array([sobol.stream_key(seed, kind, name) for kind, name in streams], dtype=np.uint64)


@functools.cache
def _ranges() -> Array:
    return np.array(list(UNKNOWNS.values()))


@functools.cache
def _directions() -> NDArray[np.uint32]:
    return np.ascontiguousarray(sobol.directions())
