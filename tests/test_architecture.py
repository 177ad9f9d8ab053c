"""The rules of the house as tests: sizes, docstrings, case files, light imports, a tree that tells the truth.

Every rule finds what it is about by scanning, so that a new file is covered from its first day. A rule
collects all its faults and shows them at once. The few exceptions stand in the two tables below, each with
its reason; an exception that is no longer needed is a fault too.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PACKAGE = SRC / "prenup"

FILE_LINES = 400
TERM_LINES = 150
FUNCTION_LINES = 60

LARGER: dict[str, str] = {}
"""What may be longer than the rule says, and why: `src/prenup/x.py`, or `src/prenup/x.py::Class.function`."""

RAISED_ELSEWHERE: dict[str, tuple[str, str]] = {
    "D121": (
        "tests/test_changes.py::test_d121_a_value_that_can_not_stand_in_a_deal",
        "a file holds text alone; only Python can give something that has no text",
    ),
    "D123": (
        "tests/show/test_cli.py::test_a_wrong_change_is_shown_as_typed",
        "it is about what is typed after --set",
    ),
    "D306": (
        "tests/test_changes.py::test_d306_no_such_variant",
        "a variant is asked for from outside of the file",
    ),
}
"""Codes that no deal file can bring about: the test of each (`tests/x.py::test_name`), and the reason."""

SECTIONS = {
    "terms": ("Money flow:", "Equations:", "Example:", "Not modelled:", "Source:"),
    "drivers": ("Path:", "Equations:", "Example:", "Not modelled:", "Source:"),
}
"""What the docstring of a kind has after its first line, in this order."""

CODE = re.compile(r"[DW]\d{3}")


def python_files(*folders: str) -> list[Path]:
    """All Python files under these folders of the repository; each folder must hold some."""
    found: list[Path] = []
    for folder in folders:
        files = sorted((ROOT / folder).rglob("*.py"))
        assert files, f"{folder}/ holds no Python file: this rule would check nothing"
        found += files
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def no_faults(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


# --- Docstrings and sizes -------------------------------------------------------------------------


def test_every_module_opens_with_a_docstring() -> None:
    files = python_files("src/prenup", "tests", "benchmarks", "docs")
    no_faults([f"{relative(f)}: no docstring" for f in files if not (ast.get_docstring(parsed(f)) or "").strip()])


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function at any depth, with its dotted name."""
    for child in ast.iter_child_nodes(node):
        inside = prefix
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{prefix}{child.name}."
            if not isinstance(child, ast.ClassDef):
                yield prefix + child.name, child
        yield from functions(child, inside)


def too_large() -> dict[str, str]:
    """Everything in src that is longer than its rule says: its name, and what is wrong."""
    found: dict[str, str] = {}
    for path in python_files("src/prenup"):
        name = relative(path)
        limit = TERM_LINES if path.is_relative_to(PACKAGE / "terms") else FILE_LINES
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > limit:
            found[name] = f"{name}: {lines} lines, at most {limit} are allowed"
        for dotted, function in functions(parsed(path)):
            assert function.end_lineno is not None
            lines = function.end_lineno - function.lineno + 1
            if lines > FUNCTION_LINES:
                found[f"{name}::{dotted}"] = f"{name}::{dotted}: {lines} lines, at most {FUNCTION_LINES} are allowed"
    return found


def test_files_and_functions_stay_small() -> None:
    found = too_large()
    faults = [fault for name, fault in found.items() if name not in LARGER]
    faults += [f"{name}: listed in LARGER, but it is not too large" for name in LARGER if name not in found]
    faults += [f"{name}: listed in LARGER without a reason" for name, reason in LARGER.items() if not reason.strip()]
    no_faults(faults)


# --- Dependencies ---------------------------------------------------------------------------------


def plain(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement(text: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", text)
    assert match, f"{text!r} does not begin with a name"
    return plain(match[0])


def run_time_modules() -> dict[str, str]:
    """The modules that the run-time dependencies provide, each with the dependency's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {requirement(text) for text in project["dependencies"]}
    found = {
        module: plain(owner)
        for module, owners in packages_distributions().items()
        for owner in owners
        if plain(owner) in declared
    }
    missing = declared - set(found.values())
    assert not missing, f"declared in pyproject.toml but not installed: {sorted(missing)}"
    return found


def imported(path: Path) -> set[str]:
    """The top-level names of everything a file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def test_source_imports_what_is_declared_and_no_more() -> None:
    modules = run_time_modules()
    allowed = set(modules) | set(sys.stdlib_module_names) | {"prenup"}
    by_file = {path: imported(path) for path in python_files("src/prenup")}
    faults = [
        f"{relative(path)}: imports {name}, which is no run-time dependency in pyproject.toml"
        for path, names in by_file.items()
        for name in sorted(names - allowed)
    ]
    used = {modules[name] for names in by_file.values() for name in names if name in modules}
    faults += [f"pyproject.toml: {name} is declared, and nothing imports it" for name in set(modules.values()) - used]
    no_faults(faults)


def test_importing_prenup_loads_no_heavy_package() -> None:
    program = "import json, sys, prenup; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    no_faults([f"import prenup loads {name}" for name in sorted(loaded & set(run_time_modules()))])


def test_locks_pin_every_declared_dependency_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    run_time = [*project["project"]["dependencies"], *groups["build"]]
    developing = [text for text in groups["dev"] if isinstance(text, str)]
    faults = []
    for lock, wanted in (("requirements.lock", run_time), ("requirements-dev.lock", run_time + developing)):
        text = (ROOT / lock).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=\w)", "\n" + text)[1:]
        pinned = {requirement(entry) for entry in entries}
        faults += [f"{lock}: {requirement(w)} is missing: make lock" for w in wanted if requirement(w) not in pinned]
        faults += [f"{lock}: {requirement(e)} has no hash" for e in entries if "--hash=sha256:" not in e]
    no_faults(faults)


# --- Problems -------------------------------------------------------------------------------------


def codes_in_source() -> dict[str, list[str]]:
    """Every problem code that stands as a text of its own in src, with the places that use it."""
    found: dict[str, list[str]] = {}
    for path in python_files("src/prenup"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.setdefault(node.value, []).append(f"{relative(path)}:{node.lineno}")
    assert found, "no problem code in src: this rule would check nothing"
    return found


def test_every_problem_code_has_a_bad_deal() -> None:
    used = codes_in_source()
    bad = sorted((ROOT / "tests" / "bad").rglob("*.yaml"))
    shown = {path.name[:4] for path in bad}
    faults = [
        f"{code}: no tests/bad/{code}*.yaml (used at {', '.join(places)})"
        for code, places in sorted(used.items())
        if code not in shown and code not in RAISED_ELSEWHERE
    ]
    faults += [f"{relative(path)}: src uses no code {path.name[:4]}" for path in bad if path.name[:4] not in used]
    for code, (test, reason) in RAISED_ELSEWHERE.items():
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).is_file() else ""
        if not re.search(rf"^ *def {re.escape(name)}\(", text, re.MULTILINE) or code not in text:
            faults.append(f"{code}: RAISED_ELSEWHERE names {test}, which does not exist or never mentions {code}")
        if not reason.strip() or code in shown or code not in used:
            faults.append(f"{code}: RAISED_ELSEWHERE has no reason for it, or no need of it")
    no_faults(faults)


# --- Kinds ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A term or a driver that a deal file can name."""

    package: str
    name: str
    cls: type
    path: Path


def module_of(path: Path) -> ModuleType:
    return importlib.import_module(".".join(path.relative_to(SRC).with_suffix("").parts))


@cache
def kinds() -> tuple[Kind, ...]:
    """Every class with a `kind` in the public modules of terms and drivers, at any depth."""
    found: list[Kind] = []
    for package in SECTIONS:
        before = len(found)
        for path in python_files(f"src/prenup/{package}"):
            if path.name.startswith("_"):
                continue
            module = module_of(path)
            for cls in vars(module).values():
                if not inspect.isclass(cls) or cls.__module__ != module.__name__ or inspect.isabstract(cls):
                    continue
                name = getattr(cls, "kind", None)
                if isinstance(name, str) and name:
                    found.append(Kind(package, name, cls, path))
        assert len(found) > before, f"src/prenup/{package} defines no kind: these rules would check nothing"
    return tuple(found)


def test_file_kind_and_class_share_one_name() -> None:
    no_faults(
        [
            f"{relative(k.path)}: kind {k.name!r} of class {k.cls.__name__}; all three should say the same"
            for k in kinds()
            if not (k.path.stem == k.name and k.cls.__name__.lower() == k.name.replace("_", ""))
        ]
    )


def test_every_kind_has_its_cases_and_every_case_file_its_kind() -> None:
    wanted = {f"tests/cases/{k.path.parent.name}/{k.name}.yaml" for k in kinds()}
    folders = {k.path.parent.name for k in kinds()}
    present = {relative(path) for folder in folders for path in (ROOT / "tests/cases" / folder).rglob("*.*")}
    faults = [f"{name}: missing" for name in sorted(wanted - present)]
    faults += [f"{name}: no kind of this name" for name in sorted(present - wanted)]
    no_faults(faults)


def section_faults(text: str, wanted: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a docstring: sections absent, out of order or empty, or no sentence before them."""
    lines = text.splitlines()
    first = lines[0].strip() if lines else ""
    if not first.endswith(".") or any(first.startswith(heading) for heading in wanted):
        yield "the first line is not a sentence"
    places = {h: [n for n, line in enumerate(lines) if line.startswith(h)] for h in wanted}
    for heading, found in places.items():
        if len(found) != 1:
            yield f"{heading} stands {len(found)} times at the start of a line, not once"
    order = [found[0] for found in places.values() if found]
    if order != sorted(order):
        yield f"the sections should stand in this order: {' '.join(wanted)}"
    ends = [*sorted(order)[1:], len(lines)]
    for start, end in zip(sorted(order), ends, strict=True):
        if not "".join(lines[start:end]).partition(":")[2].strip():
            yield f"{lines[start].strip()} says nothing"


def test_every_kind_is_described_in_full() -> None:
    no_faults(
        [
            f"{relative(k.path)}: {fault}"
            for k in kinds()
            for fault in section_faults(inspect.cleandoc(k.cls.__doc__ or ""), SECTIONS[k.package])
        ]
    )


# --- The tree in ARCHITECTURE.md ------------------------------------------------------------------


def drawn_tree(text: str) -> dict[str, int]:
    """The paths that the fenced block beginning with `src/prenup/` draws, each with its line.

    Depth is indentation. An entry is a line whose first word ends in `/` or in a file's suffix; any other
    line goes on with the description above it.
    """
    match = re.search(r"^```[^\n]*\n(src/prenup/.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert match, "ARCHITECTURE.md has no fenced block that begins with src/prenup/"
    offset = text[: match.start(1)].count("\n") + 1
    found: dict[str, int] = {}
    parents: list[tuple[int, str]] = []
    for number, line in enumerate(match[1].splitlines(), start=offset):
        bare = re.sub(r"[│├└─|`]", " ", line)
        word = bare.split(maxsplit=1)[0] if bare.strip() else ""
        if not re.fullmatch(r"[\w./-]+(/|\.\w+)", word):
            continue
        indent = len(bare) - len(bare.lstrip())
        while parents and parents[-1][0] >= indent:
            parents.pop()
        path = (parents[-1][1] if parents else "") + word
        found[path] = number
        if word.endswith("/"):
            parents.append((indent, path))
    return found


def test_tree_in_architecture_is_the_tree_on_disk() -> None:
    drawn = drawn_tree((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    folders = {f"{relative(path.parent)}/" for path in python_files("src/prenup")}
    faults = [f"ARCHITECTURE.md: {folder} is not in the tree" for folder in sorted(folders - set(drawn))]
    for path, line in drawn.items():
        exists = (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()
        if not exists:
            faults.append(f"ARCHITECTURE.md:{line}: {path} does not exist")
    no_faults(faults)


# --- Nothing of one machine in the repository -----------------------------------------------------

PLACES = re.compile(
    rb"(?<![\w.-])/(?:work|root|home|Users|tmp/v)/"
    rb"|file:/{2,3}\w"
    rb"|pypi\.org|pythonhosted\.org|deb\.debian\.org|archive\.ubuntu\.com|registry\.npmjs\.org"
)
"""Paths of a developer's machine, hosts of package registries: a clone works anywhere, with any registry."""


def test_no_file_names_a_developers_machine_or_a_registry() -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    files = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    assert files, "git lists no file: this rule would check nothing"
    faults = []
    for path in files:
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if match := PLACES.search(line):
                faults.append(f"{relative(path)}:{number}: {match[0].decode()}")
    no_faults(faults)
