"""Looks for deal files that end in a traceback: `make fuzz` reads 10,000 of them, each made from a good or a bad one by chance.

Every file has to give a deal that runs, or problems with an address, within two seconds of processor time and 500 MB. The same
seed gives the same files: `python tests/fuzz.py --only 1234` reads one again and prints what came of it; files that failed are
kept under build/fuzz. With `--count`, `--seed` and `--jobs` more, other files or more at a time are read.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import io
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
KEPT = ROOT / "build" / "fuzz"

SECONDS = 2.0
MEGABYTES = 500
STOPPED_AFTER = 60
"""Seconds after which a file is given up."""

MOST_ADDRESSED = 4 << 30
"""Bytes that a process may ask for at all, so that a fault takes down itself alone."""

CHUNK = 250
"""Files that one process reads."""

SAMPLE = (TESTS / "sample.yaml").read_text(encoding="utf-8")


# ── What files are made from ──────────────────────────────────────────────────────────────────────────────────


@cache
def corpus() -> tuple[str, ...]:
    """The texts that are changed: the sample, the gallery, the bad deals and the deals of the cases."""
    found = [SAMPLE] * 400
    found += [p.read_text(encoding="utf-8") for p in sorted((ROOT / "deals").glob("*.yaml"))] * 8
    found += [p.read_bytes().decode("utf-8", "replace") for p in sorted((TESTS / "bad").glob("*.yaml"))]
    for path in sorted((TESTS / "cases").rglob("*.yaml")):
        found += [str(entry["deal"]) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return tuple(found)


WORDS = (
    "", "~", "null", "yes", "true", "[]", "{}", "[[]]", "{a: b}", "[1, 2]", "0", "-1", "1", "20", "1e29", "-1e29",
    "1e999", ".inf", ".nan", "0x10", "1_000", "1,000", "$5", "-$5m", "€3", "$1e25", "99999999999999999999",
    "0.0000001%", "100%", "101%", "-50%", "18", "18 months", "600 months", "1000000 years", "0 days", "-3 months",
    "2030-12-31", "0001-01-01", "9999-12-31", "2024-02-30", "2024", "2024-13", "20241019", "$1/gpu_hour",
    "5 gpu_hour/yr", "3.7bn/yr", "15% to 25%", "25% to 15%", "-5% to 5%", "$0 to $1bn", "normal(20%, 2%)",
    "normal(0, 1e20)", "lognormal($5m, 9)", "uniform(0, 1)", "triangular(1, 2, 3)", "choice(1, 2)",
    "choice(20%: 0, 25%: 0)", "sales", "profit", "exit", "listing", "nordwind", "world", "prev(profit)", "cum(sales)",
    "date", "month", "lag(sales, 600 months)", "avg(profit, 600 months)", "1 / 0", "log(0)", "sqrt(-1)", "exp(1000)",
    "10 ^ 400", "0 ^ -1", "if(sales > $1m/yr, 1, 0)", "sales and profit", "not not not sales", "paid(rev_share)",
    "received(rev_share, nordwind)", "cash(brightlab)", "on(exit)", "after(exit)", "since(exit)",
    "monthly(monthly(sales))", "__class__", "__import__('os')", "x.__class__.__mro__", "{{7*7}}", "%s%s%s",
    "../../../x", "é" * 30, "\u202eabc", "a\u200bb", "𝟙𝟚", "١٢", "💥", "Ω", "ﬁ", "\ufeff", "'", '"', "&a", "*a",
    "!!python/object:os.system", "|", ">", "#", "- ", "? ", ": ", "@", "`", "%", "a: b: c", "confirmed", "assumed",
    "{value: 20%, range: 15% to 25%}", "{value: 5, status: assumed}",
    "{value: $1m, then: [{from: exit, value: $2m}]}", "monthly",
)  # fmt: skip

NAMES = (
    "__class__", "__init__", "and", "world", "date", "kind", "a b", "a-b", "1", "é", "null", "self", "cash", "paid",
    "x" * 200, "sales",
)  # fmt: skip

FUNCTIONS = (
    "prev", "cum", "abs", "exp", "log", "sqrt", "monthly", "min", "max", "if", "lag", "avg", "on", "after", "since",
    "paid", "cash",
)  # fmt: skip


def formula(rng: random.Random, names: list[str], depth: int = 0) -> str:
    """A formula of names, quantities, signs and functions, right or wrong by chance."""
    draw = rng.random()
    if depth > 3 or draw < 0.35:
        return rng.choice(names) if rng.random() < 0.6 else rng.choice(WORDS[10:40])
    if draw < 0.7:
        sign = rng.choice(("+", "-", "*", "/", "^", "<", ">", "=", "and", "or"))
        return f"{formula(rng, names, depth + 1)} {sign} {formula(rng, names, depth + 1)}"
    if draw < 0.8:
        return f"({formula(rng, names, depth + 1)})"
    inside = ", ".join(formula(rng, names, depth + 1) for _ in range(rng.choice((1, 1, 2, 2, 3))))
    return f"{rng.choice(FUNCTIONS)}({inside})"


def names_in(text: str) -> list[str]:
    return re.findall(r"^ {2}([^\W\d]\w*):", text, re.MULTILINE) or ["sales"]


# ── How they are changed ──────────────────────────────────────────────────────────────────────────────────────


def lines_changed(rng: random.Random, text: str) -> str:
    """Lines deleted, doubled, swapped, moved in or out."""
    lines = text.split("\n")
    for _ in range(rng.choice((1, 1, 2, 5))):
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        what = rng.randrange(6)
        if what == 0:
            del lines[i]
        elif what == 1:
            lines.insert(j, lines[i])
        elif what == 2:
            lines[i], lines[j] = lines[j], lines[i]
        elif what == 3:
            lines[i] = " " * rng.choice((1, 2, 4, 8)) + lines[i]
        elif what == 4:
            lines[i] = lines[i].removeprefix("  ")
        else:
            lines[i] = lines[i].replace("  ", "\t", 1)
        lines = lines or [""]
    return "\n".join(lines)


def truncated(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] if rng.random() < 0.7 else text[at:]


def characters_changed(rng: random.Random, text: str) -> str:
    """A few characters become others, some of them odd."""
    odd = "\x00\x07\t\r\n\x85\xa0\u2028\u202e\u200b\ufeff\ud800{}[]:,#&*!|>'\"%@`-?~\\éΩ💥0$€"
    characters = list(text)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if characters:
            i = rng.randrange(len(characters))
            new = rng.choice(odd) if rng.random() < 0.7 else chr(rng.randrange(0x20, 0x3000))
            characters[i : i + rng.randrange(2)] = [new]
    return "".join(characters)


_VALUE = re.compile(r"(?<=: )[^\s{\[#][^,}\]#\n]*")


def values_changed(rng: random.Random, text: str) -> str:
    """Values become other words, other values of the same file, or formulas."""
    found = list(_VALUE.finditer(text))
    names = names_in(text)
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 1, 2, 4)))), key=lambda m: -m.start()):
        draw = rng.random()
        if draw < 0.5:
            new = rng.choice(WORDS)
        elif draw < 0.75:
            new = rng.choice(found).group()
        else:
            new = formula(rng, names)
        if re.search(r"[,:{}#]", new) and rng.random() < 0.7:
            new = json.dumps(new, ensure_ascii=False)
        text = text[: match.start()] + new + text[match.end() :]
    return text


def names_changed(rng: random.Random, text: str) -> str:
    """A name becomes another everywhere or once, which makes loops and unknown names."""
    words = sorted(set(re.findall(r"[^\W\d]\w*", text)))
    if not words:
        return text
    old, new = rng.choice(words), rng.choice((*NAMES, *words))
    return re.sub(rf"\b{old}\b", lambda _: new, text, count=rng.choice((0, 1)))


def keys_changed(rng: random.Random, text: str) -> str:
    """One key becomes another."""
    keys = list(re.finditer(r"[\w.-]+(?=: )", text))
    if not keys:
        return text
    match = rng.choice(keys)
    return text[: match.start()] + rng.choice((*NAMES, rng.choice(keys).group())) + text[match.end() :]


def section_changed(rng: random.Random, text: str) -> str:
    """A section emptied, or made of something else."""
    sections = re.split(r"(?m)^(?=\w+:)", text)
    i = rng.randrange(len(sections))
    name = sections[i].partition(":")[0]
    draw = rng.randrange(5)
    if draw == 0:
        sections[i] = f"{name}:\n"
    elif draw == 1:
        sections[i] = f"{name}: {rng.choice(WORDS)}\n"
    elif draw == 2:
        del sections[i]
    elif draw == 3:
        sections.insert(rng.randrange(len(sections) + 1), sections[i])
    else:
        entries = "".join(f"  {rng.choice(NAMES)}{k}: {rng.choice(WORDS)}\n" for k in range(rng.choice((1, 5, 290))))
        sections[i] = f"{name}:\n{entries}"
    return "".join(sections)


def rows_added(rng: random.Random, text: str) -> str:
    """More rows with formulas, in the section that the file has."""
    names = [*names_in(text), "r0", "r1", "r2"]
    rows = "".join(f"  r{k}: {formula(rng, names)}\n" for k in range(rng.choice((1, 2, 3, 40))))
    return re.sub(r"(?m)^rows:\n", lambda _: f"rows:\n{rows}", text) if "\nrows:\n" in text else f"{text}\nrows:\n{rows}"


def numbers_added(rng: random.Random, text: str) -> str:
    """Numbers that stand on one another, in a chain or a loop."""
    count = rng.choice((2, 5, 60, 290))
    last = rng.choice(("1", "n0", "sales", f"n{count}"))
    numbers = "".join(f"  n{k}: n{k + 1} + n{k + 1}\n" for k in range(count)) + f"  n{count}: {last}\n"
    return re.sub(r"(?m)^numbers:\n", lambda _: f"numbers:\n{numbers}", text)


def clock_changed(rng: random.Random, text: str) -> str:
    start = rng.choice(("2025-01-01", "1900-01-01", "9899-12-31", "0001-01-01", "2025", "2025-02-31", rng.choice(WORDS)))
    count = rng.choice(("1", "600", "601", "99999999", "-5", "0", "1.5", rng.choice(WORDS)))
    end = rng.choice((f"months: {count}", "until: 2074-12-31", f"until: {rng.choice(WORDS)}"))
    return re.sub(r"(?m)^clock:.*$", lambda _: f"clock: {{from: {start}, {end}}}", text)


def bomb_added(rng: random.Random, text: str) -> str:
    """References that grow, brackets that nest, long words, long lists."""
    draw = rng.randrange(7)
    depth = rng.choice((5, 39, 41, 500, 20_000))
    if draw == 0:
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, rng.choice((2, 4, 9)))]
        return "\n".join(lines) + "\n" + text
    if draw == 1:
        return text + "\nnumbers: " + "[" * depth + "]" * rng.choice((depth, 0))
    if draw == 2:
        return text + "\nnumbers:\n" + "".join("  " * k + f"a{k}:\n" for k in range(min(depth, 500)))
    if draw == 3:
        return values_once(rng, text, "(" * min(depth, 900) + "1" + ")" * min(depth, 900))
    if draw == 4:
        return values_once(rng, text, " + ".join(["sales"] * depth))
    if draw == 5:
        return values_once(rng, text, rng.choice("9a-+(.$ ") * depth)
    return values_once(rng, text, "[" + ", ".join(["{rate: 1%, up_to: $1m, amount: $1m, on: exit}"] * min(depth, 500)) + "]")


def values_once(rng: random.Random, text: str, new: str) -> str:
    found = list(_VALUE.finditer(text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + new + text[match.end() :]


def deltas_added(rng: random.Random, text: str) -> str:
    """A variant with paths that lead somewhere or nowhere."""
    paths = re.findall(r"^ {2}(\w+):", text, re.MULTILINE) or ["x"]
    sections = ("terms", "drivers", "numbers", "events", "rows", "parties", "clock", "variants", "")
    ends = ("", ".rate", ".tiers.0.rate", ".x.y", "..")
    changes = [
        f"      {rng.choice(sections)}.{rng.choice(paths)}{rng.choice(ends)}: {rng.choice(WORDS)}"
        for _ in range(rng.choice((1, 2, 5)))
    ]
    return re.sub(r"(?m)^variants:\n", lambda _: "variants:\n  fuzzed:\n    change:\n" + "\n".join(changes) + "\n", text)


CHANGES: tuple[tuple[int, Callable[[random.Random, str], str]], ...] = (
    (5, values_changed), (3, names_changed), (3, keys_changed), (3, lines_changed), (2, characters_changed), (1, truncated),
    (2, section_changed), (2, rows_added), (1, numbers_added), (1, clock_changed), (1, bomb_added), (1, deltas_added),
)  # fmt: skip


def mutated(seed: int, index: int) -> bytes:
    """File number `index` of a seed: always the same bytes."""
    rng = random.Random(f"{seed}:{index}")
    text = rng.choice(corpus())
    weights = [weight for weight, _ in CHANGES]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        [(_, change)] = rng.choices(CHANGES, weights)
        text = change(rng, text)
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.03 and data:
        changed = bytearray(data)
        for _ in range(rng.choice((1, 5, 50))):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        data = bytes(changed)
    return data


# ── What has to come of each ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Outcome:
    """What came of one file: `fault` is empty where all is well."""

    index: int
    what: str
    seconds: float
    megabytes: float
    fault: str = ""


def read(data: bytes, path: Path, engine: str) -> tuple[str, float]:
    """Read a file as a user would; what came of it and the processor time that it took.

    Raises AssertionError where a problem is of no use or the deal is not the same when written and read again, and whatever
    prenup should not have raised.
    """
    from prenup.base.problems import DealError
    from prenup.case import load, load_text

    path.write_bytes(data)
    before = time.process_time()
    try:
        case = load(path)
    except DealError as error:
        return check_problems(error, str(path)), time.process_time() - before
    case.run(paths=16, views=1, engine=engine)
    seconds = time.process_time() - before
    assert load_text(case.to_yaml(), path.stem).deal == case.deal, "what to_yaml writes is another deal"
    for name in list(case.deal.variants)[:2]:
        try:
            case.variant(name).run(paths=16, views=1, engine=engine)
        except DealError as error:
            check_problems(error, str(path))
    return "runs", seconds


def check_problems(error: Any, file: str) -> str:
    """Every problem has a sentence and an address, and can be shown."""
    assert error.problems, "no problem is told"
    for problem in error.problems:
        assert problem.where is not None, f"no address: {problem}"
        assert problem.where.line >= 1, problem
        assert problem.where.column >= 1, problem
        assert problem.where.text.name in (file, "(default)"), f"{problem.where.text.name}: {problem}"
        assert problem.message.strip(), problem
        assert "None" not in problem.message, problem
        str(problem).encode("utf-8")
        json.dumps(problem.as_json())
    assert str(error).strip()
    return str(error.problems[0].code)


def peak_megabytes() -> float:
    """The most memory since `forget_peak`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def look_at(seed: int, index: int, engine: str) -> Outcome:
    """Read one file and measure what it took."""
    data = mutated(seed, index)
    forget_peak()
    said = io.StringIO()
    fault, what, seconds = "", "failed", 0.0
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            what, seconds = read(data, Path(folder) / "fuzzed.yaml", engine)
    except Exception:  # noqa: BLE001  (whatever it is, it is the fault that is looked for)
        fault = traceback.format_exc(limit=-6)
    megabytes = peak_megabytes()
    if not fault and seconds > SECONDS:
        fault = f"{seconds:.1f} s of processor time"
    if not fault and megabytes > MEGABYTES:
        fault = f"{megabytes:.0f} MB"
    if not fault and said.getvalue():
        fault = f"printed {said.getvalue()[:200]!r}"
    return Outcome(index, what, seconds, megabytes, fault)


def look_at_several(seed: int, indices: range, engine: str) -> None:
    """The work of one process: an outcome a line. Warnings are faults, and nothing may take gigabytes or go on for ever."""
    warnings.simplefilter("error")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSED, hard))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PRENUP_CACHE"] = folder  # machine code of thousands of sheets is of no use to anybody
        read(SAMPLE.encode(), Path(folder) / "sample.yaml", engine)  # what is loaded at first use is no file's time
        for index in indices:
            faulthandler.dump_traceback_later(STOPPED_AFTER, exit=True)
            outcome = look_at(seed, index, engine)
            faulthandler.cancel_dump_traceback_later()
            print(json.dumps(asdict(outcome)), flush=True)


def outcomes(seed: int, count: int, jobs: int, engine: str = "auto") -> list[Outcome]:
    """What came of all files, in processes that may die without taking the others with them."""
    waiting = deque(range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))
    found: list[Outcome] = []

    def work() -> None:
        while True:
            try:
                left = waiting.popleft()
            except IndexError:
                return
            command = [sys.executable, __file__, "--seed", str(seed), "--engine", engine]
            command += ["--from", str(left.start), "--to", str(left.stop)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            got = [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]
            found.extend(got)
            if len(got) < len(left):
                index = left.start + len(got)
                died = f"the process ended with {done.returncode}\n{done.stderr[-1500:]}"
                found.append(Outcome(index, "died", 0.0, 0.0, died))
                if index + 1 < left.stop:
                    waiting.append(range(index + 1, left.stop))

    with ThreadPoolExecutor(jobs) as pool:
        for running in [pool.submit(work) for _ in range(jobs)]:
            running.result()
    return sorted(found, key=lambda outcome: outcome.index)


def show_one(seed: int, index: int, engine: str) -> None:
    """Print a file and what came of it."""
    from prenup.base.problems import DealError
    from prenup.case import load_text

    data = mutated(seed, index)
    sys.stdout.buffer.write(data + b"\n----\n")
    sys.stdout.flush()
    look_at_several(seed, range(index, index + 1), engine)
    try:
        load_text(data.decode("utf-8", "replace"), "fuzzed.yaml")
    except DealError as error:
        print(error)


def report(found: list[Outcome], seed: int) -> int:
    """Print what came of all files; the number of those that failed."""
    counts = Counter(outcome.what for outcome in found)
    print(", ".join(f"{what} {count}" for what, count in counts.most_common()))
    for noun in ("seconds", "megabytes"):
        worst = sorted(found, key=lambda outcome: -getattr(outcome, noun))[:5]
        print(f"most {noun}:", "; ".join(f"{o.index}: {o.seconds:.2f} s, {o.megabytes:.0f} MB" for o in worst))
    failed = [outcome for outcome in found if outcome.fault]
    for outcome in failed:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{seed}-{outcome.index}.yaml").write_bytes(mutated(seed, outcome.index))
        print(f"\n{seed}-{outcome.index}.yaml: {outcome.fault.strip()}")
    print(f"\n{len(found):,} files, {len(failed)} failed")
    return len(failed)


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for deal files that end in a traceback.")
    parser.add_argument("--count", type=int, default=10_000, help="how many files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--engine", default="auto", help="auto, native or reference")
    parser.add_argument("--only", type=int, help="read one file by its number and print what came of it")
    parser.add_argument("--from", type=int, dest="first", help="read the files from this number on, a line of JSON each")
    parser.add_argument("--to", type=int, help="the number to stop before")
    asked = parser.parse_args()
    if asked.only is not None:
        show_one(asked.seed, asked.only, asked.engine)
        return 0
    if asked.first is not None:
        look_at_several(asked.seed, range(asked.first, asked.to), asked.engine)
        return 0
    return 1 if report(outcomes(asked.seed, asked.count, asked.jobs, asked.engine), asked.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
