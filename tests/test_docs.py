"""What the documents say is true: the deal of the README and its output, snippets, generated pages, the gallery's figures."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import prenup
from prenup.base.fields import specs
from prenup.base.kinds import kinds
from prenup.deal.inventory import numbers
from prenup.engine.run import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEALS = sorted((ROOT / "deals").glob("*.yaml"))
HEADLINES = Path(__file__).parent / "headlines.json"
NUMBER = re.compile(r"-?[$€]?\d[\d,]*(?:\.\d+)?")


def block(language: str, begins: str) -> str:
    found = [b for kind, b in re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL) if kind == language and b.startswith(begins)]
    assert len(found) == 1, f"the README has {len(found)} {language} blocks that begin with {begins!r}"
    return found[0]


def test_the_deal_of_the_readme_has_twelve_lines_and_says_what_is_printed_there(tmp_path: Path) -> None:
    deal = block("yaml", "deal: A lab")
    assert len(deal.strip().splitlines()) == 12
    (tmp_path / "lab.yaml").write_text(deal, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "prenup.show.cli.main", "run", "lab.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    command, _, printed = block("console", "$ .venv/bin/prenup run lab.yaml").partition("\n")
    assert command.endswith("run lab.yaml")
    shown, found = (NUMBER.sub("#", text) for text in (printed, done.stdout))
    assert re.sub(r"[ -]+", " ", found) == re.sub(r"[ -]+", " ", shown), "run the deal again and paste what it prints"
    # The third figure that counts may fall either way on another processor.
    pairs = [(as_number(a), as_number(b)) for a, b in zip(NUMBER.findall(printed), NUMBER.findall(done.stdout), strict=True)]
    assert all(abs(a - b) <= 0.011 * max(abs(a), abs(b)) for a, b in pairs)


def as_number(text: str) -> float:
    return float(text.replace(",", "").replace("$", "").replace("€", ""))


def test_python_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block("python", "import prenup"), "README.md", "exec"), {})


def test_links_of_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [t for t in targets if not t.startswith("http") and not (ROOT / t).exists()] == []


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DEALS, ids=lambda p: p.stem)
def test_every_number_of_the_gallery_says_where_it_comes_from(path: Path) -> None:
    deal = prenup.load(path).deal
    assert [f"{n.where}: {n.path}" for n in numbers(deal) if not n.provenance.status] == []
    for entry in (*deal.terms.values(), *deal.events.values()):
        assert entry.title


@pytest.mark.parametrize("path", DEALS, ids=lambda p: p.stem)
def test_gallery_conserves_cash_and_gives_the_recorded_figures(path: Path) -> None:
    """`python tests/test_docs.py` records the figures anew; say in the commit why they changed."""
    found, recorded = headline(path), json.loads(HEADLINES.read_text())[path.stem]
    assert list(found) == list(recorded)
    for name, value in found.items():
        assert value == pytest.approx(recorded[name], rel=1e-6, abs=1.0), name


def headline(path: Path) -> dict[str, float]:
    """The mean value of each party under the deal and each variant, with few paths."""
    case = prenup.load(path)
    figures = {}
    for which in (case, *(case.variant(name) for name in (*case.deal.variants, *case.deal.outcomes))):
        run = which.run(paths=2_048, views=16)
        assert run.cash_error() < 1e-9
        assert run.n_unsound == 0
        figures |= {f"{which.variant_name or 'deal'}: {party}": run.summary(party).mean for party in run.sheet.parties}
    return figures


CAP_TABLES = (ROOT / "docs" / "cap-tables.md").read_text(encoding="utf-8")


def test_the_startup_of_the_cap_tables_page_answers_every_question() -> None:
    whole, valuation = (text for kind, text in re.findall(r"```(\w+)\n(.*?)```", CAP_TABLES, re.DOTALL) if kind == "yaml")
    case = prenup.load_text(whole + valuation)
    few = Settings(paths=512, views=64)
    for question in (
        prenup.CapTable("startup", at="round_b"),
        prenup.Exit("startup", at="round_b", values=[40e6]),
        prenup.Exit("startup", target=("employees", 0.05, True)),
        prenup.Stake(),
    ):
        answer = prenup.ask(case, question, few)
        assert answer is not None
        assert answer.sentences
        assert answer.tables


@pytest.mark.parametrize("section", ["Classes", "Actions"])
def test_the_cap_tables_page_names_every_kind_and_fields_that_it_has(section: str) -> None:
    known = kinds(f"prenup.ownership.{section.lower()}")
    body = CAP_TABLES.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    lines = {
        cells[1].strip("` "): cells[3] for line in body.splitlines() if len(cells := line.split("|")) == 5 and "`" in cells[1]
    }
    assert set(lines) == set(known)
    for kind, fields in lines.items():
        words = {word for _, word, _ in specs(known[kind])}
        assert set(re.findall(r"`(\w+)`", fields)) <= words, kind


if __name__ == "__main__":
    HEADLINES.write_text(json.dumps({path.stem: headline(path) for path in DEALS}, indent=1) + "\n")
