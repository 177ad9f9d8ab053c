"""Kinds are found by folder: one file, one class, one word in the deal file, and no list to extend."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

from prenup.base.fields import AbstractEntry


@functools.cache
def kinds(package: str) -> dict[str, type[AbstractEntry]]:
    """The classes of a package by their `kind`, in alphabetical order. Modules that begin with `_` are left out.

    Raises:
        TypeError: a file holds no kind, or one whose word is not the file's name.
    """
    found: dict[str, type[AbstractEntry]] = {}
    for module in sorted(pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda m: m.name):
        if module.name.startswith("_") or module.ispkg:
            continue
        members = vars(importlib.import_module(f"{package}.{module.name}")).values()
        own = [m for m in members if inspect.isclass(m) and m.__module__ == f"{package}.{module.name}"]
        tagged = [m for m in own if issubclass(m, AbstractEntry) and m.kind]
        if [m.kind for m in tagged] != [module.name]:
            raise TypeError(f"{package}.{module.name} must define one class whose kind is {module.name!r}")
        found[module.name] = tagged[0]
    return found
