"""Machine code from LLVM text, kept on disk under the hash of the text, the processor and the versions.

A cached file carries its own checksum: one that is cut short, foreign or altered is made anew. Files are written beside
their place and moved there, so two processes may write the same one. Where nothing can be written, nothing is.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from prenup.engine.native.vector_math import Shape

VERSION = 8
"""Counts changes of how text becomes code; what another version kept is made anew."""

RUN = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
"""The signature of the generated function; a call of it lets other threads run."""

_CHECK_BYTES = 32


def ready() -> None:
    """Make sure that code for this processor can be made. Raises RuntimeError or OSError where it can't."""
    _target_machine()


def vectors() -> Shape:
    """Two vectors of this processor side by side: while one waits for a result the other goes on.

    A vector has 8 doubles with AVX-512, 4 with AVX, else 2.
    """
    features = _features()
    masks = all(features.get(name) for name in ("avx512f", "avx512dq", "avx512vl", "avx512bw"))
    return Shape(2 * (8 if masks else 4 if features.get("avx") else 2), masks)


def symbols(text: str, names: tuple[str, ...]) -> dict[str, int]:
    """The addresses of a module's functions, from the cache or compiled.

    Raises:
        RuntimeError: LLVM refuses the text, which is a fault of ours.
    """
    key = _key(text)
    with _LOCK:  # an engine that a second thread replaced would take its code with it
        if key not in _ENGINES:
            _ENGINES[key] = _engine(key, text)
    return {name: _ENGINES[key].get_function_address(name) for name in names}


@functools.lru_cache(maxsize=64)
def _key(text: str) -> str:
    """What a module is kept under; asked for at every block, so the hash of a long text is remembered."""
    return hashlib.blake2b(f"{_machine_key()}\n{text}".encode(), digest_size=20).hexdigest()


def function(text: str) -> Callable[..., None]:
    """The function `run` of a sheet's module."""
    return RUN(symbols(text, ("run",))["run"])


def _engine(key: str, text: str) -> Any:
    path = cache_folder() / f"{key}.o"
    code = _read(path)
    if code is None:
        code = _compile(text)
        _write(path, code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine


_LOCK = threading.Lock()
_ENGINES: dict[str, Any] = {}
"""The code lives as long as its engine."""


def _compile(text: str) -> bytes:
    module = llvm.parse_assembly(text)
    module.verify()
    code: bytes = _target_machine().emit_object(module)
    return code


@functools.cache
def _features() -> dict[str, bool]:
    return dict(llvm.get_host_cpu_features())


@functools.cache
def _machine_key() -> str:
    flags = llvm.get_host_cpu_features().flatten()
    return f"{VERSION} {llvmlite.__version__} {llvm.get_host_cpu_name()} {flags}"


@functools.cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


def _target_machine() -> Any:
    """A description of this machine. An engine takes the one that it is given, so each gets its own."""
    target = _target()
    flags = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=flags, opt=2, reloc="default", codemodel="jitdefault"
    )


def cache_folder() -> Path:
    """Where compiled sheets are kept: `PRENUP_CACHE`, or the user's cache folder."""
    named = os.environ.get("PRENUP_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".cache") / "prenup"


def _read(path: Path) -> bytes | None:
    """The code of a cached file; None where it is missing or not what was written."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    check, code = content[:_CHECK_BYTES], content[_CHECK_BYTES:]
    return code if check == hashlib.blake2b(code, digest_size=_CHECK_BYTES).digest() else None


def _write(path: Path, code: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.blake2b(code, digest_size=_CHECK_BYTES).digest() + code)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
