"""An OCF package on disk: a zip or a folder of JSON files, opened with care, since it comes from elsewhere."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from prenup.exchange._error import ExchangeError
from prenup.exchange._item import REMEDY, Item, Purse, shown

MANIFEST = "Manifest.ocf.json"
SIDE = "prenup.json"

MOST_MEMBERS = 2_000
"""Files in a package."""

LARGEST_MEMBER = 64 * 2**20
"""Bytes of a file, unpacked."""

LARGEST_PACKAGE = 256 * 2**20
"""Bytes of all files that are read, unpacked."""

FILES: Mapping[str, str] = {
    "stakeholders_files": "OCF_STAKEHOLDERS_FILE",
    "stock_classes_files": "OCF_STOCK_CLASSES_FILE",
    "stock_plans_files": "OCF_STOCK_PLANS_FILE",
    "stock_legend_templates_files": "OCF_STOCK_LEGEND_TEMPLATES_FILE",
    "vesting_terms_files": "OCF_VESTING_TERMS_FILE",
    "valuations_files": "OCF_VALUATIONS_FILE",
    "transactions_files": "OCF_TRANSACTIONS_FILE",
    "financings_files": "OCF_FINANCINGS_FILE",
    "documents_files": "OCF_DOCUMENTS_FILE",
}
"""The lists of files in a manifest, and what each of their files calls itself."""


@dataclass(frozen=True)
class Package:
    """What a package holds: its manifest, its objects by list of files, and our own side file where there is one."""

    manifest: Item
    items: Mapping[str, tuple[Item, ...]]
    side: Mapping[str, Any] | None
    purse: Purse

    def by_id(self, group: str) -> dict[str, Item]:
        """The objects of a group by their id. Raises ExchangeError where two have the same."""
        found: dict[str, Item] = {}
        for item in self.items[group]:
            name = item.text("id")
            if name in found:
                raise ExchangeError(f"{item.file}: two objects have the id {shown(name)}, but an id is given once; {REMEDY}.")
            found[name] = item
        return found


@dataclass
class _Source:
    """Files by their path inside of the package, read one at a time."""

    path: Path
    archive: zipfile.ZipFile | None = None
    root: PurePosixPath = field(default_factory=PurePosixPath)
    read_so_far: int = 0

    def find_root(self) -> None:
        """Where the manifest stands: at the top, or in the one folder that was packed. Raises ExchangeError."""
        if self.archive is None:
            if not (self.path / MANIFEST).is_file():
                self._no_manifest()
            return
        members = self.archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ExchangeError(f"{self.path.name}: {len(members)} files, more than the {MOST_MEMBERS} that are read; {REMEDY}.")
        for member in members:
            _check_inside(member.filename)
        found = [PurePosixPath(member.filename) for member in members]
        manifests = sorted((path for path in found if path.name == MANIFEST and "__MACOSX" not in path.parts), key=_depth)
        if not manifests:
            self._no_manifest()
        self.root = manifests[0].parent

    def _no_manifest(self) -> NoReturn:
        raise ExchangeError(f"{self.path.name}: no {MANIFEST}, which every OCF package has; export the package again, whole.")

    def has(self, name: str) -> bool:
        if self.archive is None:
            return (self.path / name).is_file()
        return str(self.root / name) in self.archive.namelist()

    def read(self, name: str) -> bytes:
        """The content of a file. Raises ExchangeError: not there, too large, or leading out of the package."""
        _check_inside(name)
        content = self._from_folder(name) if self.archive is None else self._from_archive(name, self.archive)
        self.read_so_far += len(content)
        if self.read_so_far > LARGEST_PACKAGE:
            raise ExchangeError(f"{self.path.name}: more than {LARGEST_PACKAGE >> 20} MiB of data; {REMEDY}.")
        return content

    def _from_folder(self, name: str) -> bytes:
        place = self.path / PurePosixPath(name)
        if not place.resolve().is_relative_to(self.path.resolve()):
            raise ExchangeError(f"{name}: leads out of the package, where nothing is read; {REMEDY}.")
        if not place.is_file():
            raise _missing(name)
        if place.stat().st_size > LARGEST_MEMBER:
            raise _too_large(name)
        return place.read_bytes()

    def _from_archive(self, name: str, archive: zipfile.ZipFile) -> bytes:
        try:
            member = archive.getinfo(str(self.root / PurePosixPath(name)))
        except KeyError:
            raise _missing(name) from None
        if member.file_size > LARGEST_MEMBER:
            raise _too_large(name)
        try:
            with archive.open(member) as file:
                content = file.read(LARGEST_MEMBER + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as fault:
            raise ExchangeError(f"{name}: can't be unpacked ({fault}); pack the files again as a plain zip.") from None
        if len(content) > LARGEST_MEMBER:
            raise _too_large(name)
        return content


def _depth(path: PurePosixPath) -> tuple[int, str]:
    return len(path.parts), str(path)


def _missing(name: str) -> ExchangeError:
    return ExchangeError(f"{name}: the manifest names it, but it is not in the package; export the package again, whole.")


def _too_large(name: str) -> ExchangeError:
    return ExchangeError(f"{name}: larger than the {LARGEST_MEMBER >> 20} MiB that a file may have; split it in the manifest.")


def _check_inside(name: str) -> None:
    """Raise ExchangeError for a path that leads out of the package."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise ExchangeError(f"{shown(name)}: leads out of the package, where nothing is read; {REMEDY}.")


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    """A JSON object from a file. Raises ExchangeError."""
    try:
        value = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ExchangeError(f"{name}: not UTF-8 text, as JSON has to be; {REMEDY}.") from None
    except RecursionError:
        raise ExchangeError(f"{name}: nested deeper than any OCF file; {REMEDY}.") from None
    except ValueError as fault:
        raise ExchangeError(f"{name}: not JSON ({fault}); {REMEDY}.") from None
    if not isinstance(value, dict):
        raise ExchangeError(f"{name}: expected a JSON object in braces; {REMEDY}.")
    return value


def _items(source: _Source, manifest: Item, group: str, purse: Purse) -> tuple[Item, ...]:
    """All objects of one of the manifest's lists of files. Raises ExchangeError."""
    found: list[Item] = []
    for entry in manifest.inners(group):
        name = str(PurePosixPath(entry.text("filepath")))
        content = _parsed(name, source.read(name))
        if content.get("file_type") != FILES[group]:
            raise ExchangeError(
                f"{name}: `file_type` should be {FILES[group]}, not {shown(content.get('file_type'))}; correct the manifest."
            )
        for number, part in enumerate(Item(content, name, "the file", purse).inners("items"), 1):
            kind = part.data.get("object_type") or "object"
            named = part.data.get("id")
            label = f"{kind} {named}" if isinstance(named, str) and named else f"{kind} {number}"
            found.append(Item(part.data, name, label if len(label) <= 120 else label[:117] + "...", purse))
    return tuple(found)


def _read(source: _Source) -> Package:
    source.find_root()
    purse = Purse()
    manifest = Item(_parsed(MANIFEST, source.read(MANIFEST)), MANIFEST, "the manifest", purse)
    version = manifest.text("ocf_version")
    if not version.startswith("1."):
        raise ExchangeError(f"{MANIFEST}: OCF version {shown(version)}, but versions 1.0 to 1.2 are read; export as OCF 1.2.0.")
    items = {group: _items(source, manifest, group, purse) for group in FILES}
    side = _parsed(SIDE, source.read(SIDE)) if source.has(SIDE) else None
    return Package(manifest, items, side, purse)


def read_package(path: Path) -> Package:
    """Read a zip, a folder, or the folder of a manifest.

    Raises:
        ExchangeError: it isn't an OCF package, is broken, or tries to lead out of itself.
    """
    if path.is_dir():
        return _read(_Source(path))
    if path.name == MANIFEST and path.is_file():
        return _read(_Source(path.parent))
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(_Source(path, archive))
    except zipfile.BadZipFile:
        raise ExchangeError(f"{path.name}: neither a zip nor a folder; give the OCF package as it was exported.") from None
    except OSError as fault:
        raise ExchangeError(f"{path.name}: can't be opened ({fault.strerror}); give the path of an OCF zip or folder.") from None
