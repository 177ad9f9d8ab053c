"""Kinds are found by folder: one file, one class, one word in the deal file, and no list to extend."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping

from prenup.base.fields import AbstractEntry


@functools.cache
def kinds(package: str) -> Mapping[str, type[AbstractEntry]]:
    """The classes of a package by their `kind`, in alphabetical order. Modules that begin with `_` are left out.

    A class is loaded when it is first asked for: a deal has few of the kinds that there are.

    Raises:
        TypeError: when it is asked for, a file holds no kind, or one whose word is not the file's name.
    """
    return _Kinds(package)


class _Kinds(Mapping[str, type[AbstractEntry]]):
    """The names are those of the files; the classes are loaded one by one."""

    def __init__(self, package: str) -> None:
        self.package = package
        found = pkgutil.iter_modules(importlib.import_module(package).__path__)
        self.names = dict.fromkeys(sorted(m.name for m in found if not m.name.startswith("_") and not m.ispkg))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> type[AbstractEntry]:
        if name not in self.names:
            raise KeyError(name)
        return _kind(f"{self.package}.{name}", name)


@functools.cache
def _kind(module: str, name: str) -> type[AbstractEntry]:
    """The one class of a module that has a kind, which is the name of the file."""
    members = vars(importlib.import_module(module)).values()
    own = [m for m in members if inspect.isclass(m) and m.__module__ == module]
    tagged = [m for m in own if issubclass(m, AbstractEntry) and m.kind]
    if [m.kind for m in tagged] != [name]:
        raise TypeError(f"{module} must define one class whose kind is {name!r}")
    return tagged[0]
