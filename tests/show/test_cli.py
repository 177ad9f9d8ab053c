"""The command line: exit codes, what fits a terminal, what a program can read, and what happens when all goes wrong."""

from __future__ import annotations

import csv
import errno
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

import prenup
from prenup.engine.run import Settings
from prenup.pipeline import AT_ONCE, answer, in_full
from prenup.questions._answer import UNITS, Answer, Chart, Column, Table
from prenup.show.as_csv import write_csv
from prenup.show.as_json import problems_json, run_json
from prenup.show.cli.main import cli
from prenup.show.cli.tables import answer_lines, table_lines, wrapped
from tests.show.samples import EVERYTHING

ROOT = Path(__file__).resolve().parents[2]
GALLERY = sorted((ROOT / "deals").glob("*.yaml"))
FEW = ("--paths", "64", "--views", "8")

DEAL = """\
deal: A small deal
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 12}
sources: {press: {title: A story, date: 2024}}
parties:
  maker: {title: The Maker, discount: 8%, cash: $10m}
  shop: {title: The Shop, discount: 9%}
drivers:
  sales: {kind: gbm, start: $40m/yr, drift: 5%, volatility: 20%}
terms:
  share:
    kind: revenue_share
    payer: shop
    payee: maker
    rate: {value: 20%, range: 15% to 25%, source: press, status: reported}
    of: sales
    cap: $8m
  fee: {kind: fee, payer: maker, payee: shop, amount: $1m, on: 2025-03-31}
variants:
  richer: {title: A better share, change: {terms.share.rate: 30%}}
  no_fee: {change: {terms.fee: null}}
"""

CROWD = """\
deal: {title: "%s"}
currency: USD
clock: {from: 2025-01-01, months: 6}
parties:
%s
drivers: {x: {kind: gbm, start: $10m/yr, drift: 5%%, volatility: 30%%}}
terms:
  first: {kind: fee, payer: p0, payee: p1, amount: 50%% * x, title: "a fee for something that takes %s to describe"}
%s
"""


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(DEAL, encoding="utf-8")
    return path


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    titles = [
        "Consolidated Amalgamated Holdings of the Northern Hemisphere (Luxembourg) S.à r.l.", "日本電信電話株式会社",
        "Supercalifragilisticexpialidocious-Industries-Incorporated", "=HYPERLINK(1)",
        *(f"Partner {n}" for n in range(8)),
    ]  # fmt: skip
    parties = "\n".join(f'  p{n}: {{title: "{title}", discount: 9%, cash: $1m}}' for n, title in enumerate(titles))
    fees = "\n".join(f"  f{n}: {{kind: fee, payer: p{n}, payee: p{n + 1}, amount: {10**n}/yr}}" for n in range(len(titles) - 1))
    path = tmp_path / "crowd.yaml"
    path.write_text(CROWD % ("long " * 40, parties, "very " * 20 + "long", fees), encoding="utf-8")
    return path


def prenup_(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


PROGRAM = (sys.executable, "-m", "prenup.show.cli.main")


def started(*arguments: str | Path) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROGRAM, *map(str, arguments)], stdout=pipe, stderr=pipe, cwd=ROOT, env=environment())


def program(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment(), **options)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "error", **more}


# ── what it prints ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_run_says_who_gets_what(deal: Path) -> None:
    done = prenup_("run", deal, *FEW)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("A small deal\nas of 2024-12-31, 2025-01-01 to 2025-12-31, in USD\n")
    for words in (
        "Value to each party\n",
        "By clause (mean present value)\n",
        "The Maker's $10.0m",
        "How long the money lasts",
    ):
        assert words in done.stdout
    assert re.search(r"^fee +-\$9\d\dk +\+\$9\d\dk$", done.stdout, re.MULTILINE)
    assert "64 paths: 16 views of what is unknown, 4 futures each." in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("command", [("run", *FEW), ("show", "--as", "ledger")], ids=["run", "ledger"])
@pytest.mark.parametrize("path", [*GALLERY, "crowd"], ids=lambda p: getattr(p, "stem", p))
def test_tables_fit_a_hundred_columns(path: Path | str, command: tuple[str, ...], request: pytest.FixtureRequest) -> None:
    file = request.getfixturevalue("crowd") if path == "crowd" else path
    done = prenup_(command[0], file, *command[1:])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert max(map(cell_len, lines)) >= 60
    assert not [line for line in lines if cell_len(line) > 100]
    assert not [line for line in lines if line != line.rstrip()], "blanks at the end of a line"
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    assert not re.search(r"\bnan\b|\binf\b|\d %", done.stdout)


def test_a_table_too_wide_is_cut_into_parts_that_repeat_their_first_column(crowd: Path) -> None:
    out = prenup_("run", crowd, *FEW).stdout
    assert out.count("By clause (mean present value) (continued)") >= 1
    assert out.count("f10 ") >= 2
    parts = out.split("By clause (mean present value)")[1:]
    heads = " ".join(" ".join(part.splitlines()[1:8]) for part in parts)
    assert all(f"Partner {n}" in re.sub(r"\s+", " ", heads) or f"Partner\n{n}" in heads for n in range(8))


def test_titles_stand_whole_on_lines_of_their_own() -> None:
    table = Table("A title that is much longer than its table", (Column("Party"), Column("X", "gain")), (("a", -1e9),))
    title, heads, *rest = table_lines(table, "USD", 100)
    assert title == "A title that is much longer than its table"
    assert heads == "\x1b[1mParty         X\x1b[0m"
    assert rest == ["---------------", "a      -$1.00bn"]


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_every_width_holds_words_and_figures_whole(width: int) -> None:
    columns = (Column("Party"), *(Column(f"Something that is long {n}", "gain") for n in range(6)), Column("Status"))
    row = ("a name of several words", 1e12, -2.5e9, 3e6, 0.0, float("nan"), None, "reported by someone who heard of it")
    table = Table("Title", columns, (row, row), strong=(1,), note="A note that is long enough to need another line of text")
    lines = [re.sub(r"\x1b\[\d+m", "", line) for line in table_lines(table, "USD", width)]
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for figure in ("+$1.00tn", "-$2.50bn", "+$3.00m", "$0", "n/a"):
        assert text.count(figure) >= 2
    words = re.sub(r"\s+", " ", text)
    assert all(word in words for word in ["reported", "by", "someone", "who", "heard", "of", "it"])


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert wrapped("a\x1b[31m red\x07 word", 50) == ["a?[31m red? word"]
    assert wrapped("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert wrapped("", 10) == [""]
    shown = "".join(answer_lines(Answer("q", "t\x1b]0;evil", ("s\x1b[2J",)), "USD", 100))
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown


def test_same_seed_same_figures_other_seed_others(deal: Path) -> None:
    first, again = (prenup_("run", deal, *FEW, "--seed", "7").stdout for _ in range(2))
    assert first == again
    assert first != prenup_("run", deal, *FEW, "--seed", "8").stdout
    assert first != prenup_("run", deal, *FEW, "--seed", "7", "--sampler", "random").stdout


def test_a_variant_and_a_change_are_run_and_named(deal: Path) -> None:
    out = prenup_("run", deal, *FEW, "--variant", "richer").stdout
    assert out.startswith("A small deal, variant: A better share\n")
    assert out != prenup_("run", deal, *FEW).stdout
    variant, change = (
        json.loads(prenup_("run", deal, *FEW, "--json", *how).stdout)["parties"]
        for how in (("--variant", "richer"), ("--set", "terms.share.rate=30%"))
    )
    assert variant == change
    removed = json.loads(prenup_("run", deal, *FEW, "--json", "--set", "terms.fee=").stdout)
    assert {c["clause"] for c in removed["clauses"]} == {"share"}


def test_check_says_what_is_there(deal: Path) -> None:
    done = prenup_("check", deal)
    assert done.exit_code == 0
    assert re.fullmatch(rf"{re.escape(str(deal))}: no faults; 2 terms, \d+ rows, 2 variants\n", done.stdout)


def test_check_shows_the_faults_of_every_variant(deal: Path) -> None:
    broken = DEAL + "  worse: {change: {terms.share.rate: 300%}}\n  lost: {change: {terms.fee.payer: nobody}}\n"
    deal.write_text(broken, encoding="utf-8")
    done = prenup_("check", deal)
    assert done.exit_code == 1
    assert "under the variant worse:" in done.stderr
    assert "D208" in done.stderr
    assert "under the variant lost:" in done.stderr
    assert done.stderr.endswith("2 faults\n")
    found = json.loads(prenup_("check", deal, "--json").stdout)["problems"]
    assert [(p["variant"], p["code"]) for p in found] == [("worse", "D208"), ("lost", "D304")]


def test_show_prints_every_stage(deal: Path) -> None:
    as_deal = prenup_("show", deal)
    assert as_deal.exit_code == 0
    assert prenup.load_text(as_deal.stdout).deal == prenup.load(deal).deal
    sheet = prenup_("show", deal, "--as", "sheet").stdout
    assert re.search(r"^share\.paid = ", sheet, re.MULTILINE)
    assert "shop -> maker: share.paid (money)" in sheet
    assert f"{deal}:12" in sheet or f"{deal}:13" in sheet
    ledger = prenup_("show", deal, "--as", "ledger").stdout
    assert re.search(r"^2025  fee +The Maker  The Shop +\$1\.00m$", ledger, re.MULTILINE)
    assert re.search(r"^Sum +\$0$", ledger, re.MULTILINE)


def test_terms_lists_and_explains_kinds() -> None:
    listed = prenup_("terms").stdout
    assert all(word in listed for word in ("terms:", "drivers:", "events:", "revenue_share", "hazard", "gbm"))
    page = prenup_("terms", "revenue_share")
    assert page.exit_code == 0
    assert all(word in page.stdout for word in ("Money flow:", "Equations:", "Fields:", "payer"))
    wrong = prenup_("terms", "revenue_shar")
    assert wrong.exit_code == 2
    assert "did you mean revenue_share?" in wrong.stderr


def test_schema_is_a_json_schema() -> None:
    import jsonschema

    schema = json.loads(prenup_("schema").stdout)
    jsonschema.validators.validator_for(schema).check_schema(schema)


def test_new_writes_a_deal_that_runs_and_overwrites_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "mine.yaml"
    done = prenup_("new", path)
    assert done.exit_code == 0
    assert done.stdout == f"wrote {path}; try: prenup run {path}\n"
    assert path.read_text(encoding="utf-8") == prenup_("new").stdout
    assert prenup_("run", path, *FEW).exit_code == 0
    path.write_text("my own work", encoding="utf-8")
    again = prenup_("new", path)
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert path.read_text(encoding="utf-8") == "my own work"


def test_help_names_every_command() -> None:
    page = prenup_("--help")
    assert page.exit_code == 0
    assert all(re.search(rf"^  {command} ", page.stdout, re.MULTILINE) for command in cli.commands)
    known = {"run", "check", "show", "terms", "schema", "new", "captable", "exit", "stake", "seek", "import"}
    assert set(cli.commands) == known
    assert prenup_("--version").stdout == f"prenup, version {prenup.__version__}\n"


# ── what a program reads ────────────────────────────────────────────────────────────────────────────────────────────


def documented(heading: str) -> set[str]:
    """The keys of one of the tables of docs/json.md."""
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    section = re.search(rf"^## [^\n]*`{re.escape(heading)}`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section, f"docs/json.md has no section on {heading}"
    return set(re.findall(r"^\| `([^`]+)` \|", section[1], re.MULTILINE))


def keys(node: Any, path: str = "") -> set[str]:
    """Every path to something in a JSON value that is no object and no list."""
    if isinstance(node, dict):
        return {found for key, inner in node.items() for found in keys(inner, f"{path}.{key}" if path else key)}
    if isinstance(node, list):
        return {found for inner in node for found in keys(inner, f"{path}[]")}
    return {path}


def test_json_of_a_run_has_the_documented_keys(deal: Path) -> None:
    result = answer(prenup.load(deal), Settings(paths=64, views=8), in_full())
    result = replace(result, answers=(*result.answers, *EVERYTHING))
    charts = {type(chart) for a in result.answers for chart in a.charts}
    assert charts == set(get_args(Chart)), "this deal does not show every key"
    assert keys(json.loads(run_json(result))) == documented("prenup-run/1") - {"warnings[]"}


def test_json_page_names_every_unit_and_every_chart() -> None:
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    units = re.search(r"^## Units\n(.*?)(?=^##)", page, re.MULTILINE | re.DOTALL)
    assert units
    assert set(re.findall(r"^\| `(\w+)` \|", units[1], re.MULTILINE)) == UNITS
    charts = re.search(r"^\| `answers\[\]\.charts\[\]\.chart` [^\n]*", page, re.MULTILINE)
    assert charts
    assert {f"`{chart.__name__.lower()}`" for chart in get_args(Chart)} <= set(re.findall(r"`\w+`", charts[0]))


def test_json_keeps_every_digit_and_has_null_for_no_figure(deal: Path) -> None:
    result = replace(answer(prenup.load(deal), Settings(paths=64, views=8), AT_ONCE), answers=EVERYTHING)
    stake, captable, exit_ = json.loads(run_json(result))["answers"]
    field = stake["charts"][0]
    assert (field["chart"], field["unit"]) == ("field", "percent")
    assert (field["low"][-1], field["middle"][0], field["marks"][0]) == (None, 0.27, ["last round", 0.27])
    assert captable["tables"][0]["rows"][1] == ["Fund", 11764705.882352943, 0.0328125, 1.11441, 2.5e9]
    assert [(c["chart"], c["stacked"]) for c in exit_["charts"]] == [("lines", True)]
    assert exit_["charts"][0]["y"][0][:3] == [0.0, 1e9, 1e9]


def test_json_of_problems_has_the_documented_keys(deal: Path) -> None:
    done = prenup_("check", deal, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"format": "prenup-problems/1", "problems": []}
    deal.write_text(DEAL.replace("  fee: {", "  share: {"), encoding="utf-8")  # a name twice shows both places
    done = prenup_("run", deal, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found["problems"][0]["code"] == "D104"
    assert keys(found) == documented("prenup-problems/1")
    warned = prenup.load_text(DEAL + "negotiation: {later: 1}\n")
    assert warned.deal.warnings
    entry = json.loads(problems_json({"": warned.deal.warnings}))["problems"][0]
    assert entry["severity"] == "warning"


def test_json_says_what_the_table_says_and_is_ascii(deal: Path) -> None:
    deal.write_text(DEAL.replace("The Maker", "Märchen AG"), encoding="utf-8")
    done = prenup_("run", deal, *FEW, "--json")
    assert done.stdout.isascii()
    found = json.loads(done.stdout)
    run = prenup.load(deal).run(paths=64, views=8)
    values = run.values().set_index(["party", "clause"])
    assert found["parties"][0]["title"] == "Märchen AG"
    for entry in found["parties"]:
        assert entry["mean"] == values.loc[(entry["party"], "total"), "mean"]
    for entry in found["clauses"]:
        assert entry["low"] == values.loc[(entry["party"], entry["clause"]), "low"]
    assert found["settings"]["paths"] == run.n_paths
    assert found["cash_error"] < 1e-9


def test_one_view_is_reported_as_one(deal: Path) -> None:
    found = json.loads(prenup_("run", deal, "--paths", "64", "--views", "1", "--json").stdout)
    assert found["settings"]["views"] == 1
    assert "every unknown at its middle" in prenup_("run", deal, "--paths", "64", "--views", "1").stdout


def test_csv_holds_every_table_and_chart(deal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = prenup_("run", deal, *FEW, "--csv", folder)
    assert done.exit_code == 0
    assert done.stdout.endswith(f"Tables are in {folder}\n")
    found = {path.stem: list(csv.reader(path.read_text(encoding="utf-8").splitlines())) for path in folder.iterdir()}
    assert set(found) == {
        "values", "value-value-to-each-party", "value-by-clause-mean-present-value", "runway-how-long-the-money-lasts",
    }  # fmt: skip
    run = prenup.load(deal).run(paths=64, views=8)
    heads, *lines = found["values"]
    assert heads == ["party", "clause", "between", "mean", "error", "median", "low", "high", "unknown"]
    frame = run.values()
    assert [line[:2] for line in lines] == frame[["party", "clause"]].to_numpy().tolist()
    assert [float(line[3]) for line in lines] == frame["mean"].tolist()


def test_csv_of_a_full_answer_loses_no_file_and_commands_no_spreadsheet(crowd: Path, tmp_path: Path) -> None:
    crowd.write_text(crowd.read_text(encoding="utf-8").replace("Partner 0", "電話").replace("Partner 1", "電"), encoding="utf-8")
    result = answer(prenup.load(crowd), Settings(paths=64, views=1), in_full())
    written = write_csv(result, tmp_path / "out")
    n_parts = sum(len(a.tables) + len(a.charts) for a in result.answers)
    assert len(set(written)) == n_parts + 1
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    text = "".join(path.read_text(encoding="utf-8") for path in written)
    assert "'=HYPERLINK(1)" in text
    assert not re.search(r"(?:^|,)\"?=", text, re.MULTILINE)
    assert "nan" not in text


def test_csv_of_a_football_field_and_of_curves(deal: Path, tmp_path: Path) -> None:
    result = replace(answer(prenup.load(deal), Settings(paths=64, views=8), AT_ONCE), answers=EVERYTHING)
    written = {
        path.stem: list(csv.reader(path.read_text(encoding="utf-8").splitlines())) for path in write_csv(result, tmp_path / "out")
    }
    field = written["stake-the-fund-s-stake-by-seven-methods"]
    assert field[0] == ["label", "what", "low", "middle", "high", "assumes"]
    assert field[1] == ["As invested", "method", "0.24", "0.27", "0.31", "The last round was fair."]
    assert field[7] == ["A court", "method", "", "", "", ""]
    assert field[8:] == [["last round", "reference line", "", "0.27", "", ""], ["offer", "reference line", "", "0.295", "", ""]]
    curves = written["exit-what-each-class-is-paid"]
    assert curves[0] == ["Value of the exit", "Series A", "Common", "mark"]
    assert curves[1:4] == [["0.0", "0.0", "0.0", ""], ["1000000000.0", "1000000000.0", "0.0", ""],
                           ["1000000000.0", "", "", "A is paid"]]  # fmt: skip
    assert written["captable-who-holds-what"][2] == ["Fund", "11764705.882352943", "0.0328125", "1.11441", "2500000000.0"]


def test_counts_shares_prices_and_amounts_in_a_terminal() -> None:
    text = click.unstyle("\n".join(table_lines(EVERYTHING[1].tables[0], "USD", 100)))
    cells = [line.split() for line in text.splitlines()[-3:]]
    assert cells == [
        ["Founders", "8,000,000", "62.12%", "$1.50", "$1,234,567.89"],
        ["Fund", "11,764,705.88", "3.28%", "$1.1144", "$2.50bn"],
        ["Staff", "-", "<0.01%", "-<$0.0001", "-$12.00"],
    ]


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_faults_are_shown_all_at_once_with_code_1(deal: Path) -> None:
    broken = DEAL.replace("payer: shop", "payer: shopp").replace("volatility: 20%", "volatility: 20")
    deal.write_text(broken, encoding="utf-8")
    done = prenup_("run", deal)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert f"{deal}:14:12  D304  no party is called shopp" in done.stderr
    assert "D207" in done.stderr
    assert done.stderr.endswith("\n2 faults\n")


@pytest.mark.parametrize(
    ("typed", "code", "message", "carets"),
    [
        ("terms.share.rate=20", "D207", "rate is 20", "                 ^^"),
        ("terms.share.cap = 3 apples", "D201", "apples", "                  ^^^^^^^^"),
        ("terms.shar.rate=20%", "D120", "shar", "^^^^^^^^^^^^^^^"),
        ("terms.share.rate={value: 20%", "D101", "never closed", "                 ^"),
        ("20%", "D123", "20% is not PATH=VALUE", "^^^"),
        ("=20%", "D123", "is not PATH=VALUE", "^^^^"),
    ],
)
def test_a_wrong_change_is_shown_as_typed(deal: Path, typed: str, code: str, message: str, carets: str) -> None:
    done = prenup_("run", deal, "--set", typed)
    assert done.exit_code == 1
    head, shown, marks, *_ = done.stderr.splitlines()
    assert head.startswith("--set:1:")
    assert f"  {code}  " in head
    assert message in head
    assert shown == f"    1 | {typed}"
    assert marks == f"      | {carets}"


def test_an_unknown_variant_gets_the_nearest(deal: Path) -> None:
    for command in ("run", "show"):
        done = prenup_(command, deal, "--variant", "richr")
        assert done.exit_code == 1
        assert "D306" in done.stderr
        assert "use richer" in done.stderr


@pytest.mark.parametrize("command", ["run", "check", "show"])
def test_a_file_that_can_not_be_read_is_code_1(tmp_path: Path, command: str) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        done = prenup_(command, path)
        assert done.exit_code == 1
        assert "D106" in done.stderr
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "options",
    [
        ("--paths", "0"), ("--paths", "-5"), ("--paths", "10000000000000"), ("--views", "0"), ("--views", "10000000000000"),
        ("--seed", "-1"), ("--paths", "many"), ("--sampler", "dice"), ("--nonsense",), ("--engine", "steam"),
    ],
)  # fmt: skip
def test_a_command_that_is_not_understood_is_code_2(deal: Path, options: tuple[str, ...]) -> None:
    done = prenup_("run", deal, *options)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr


def test_a_place_that_can_not_be_written_to_is_one_line_and_code_1(deal: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = prenup_("run", deal, *FEW, "--csv", tmp_path / "file" / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith("can't write ")
    assert done.stderr.count("\n") == 1


def test_paths_that_are_not_finite_are_told_with_code_0(deal: Path) -> None:
    luck = "luck: {kind: window, from: 2025-02-01, to: 2025-02-28, probability: 50%}"
    deal.write_text(f"{DEAL}rows: {{left: 'if(luck, 0, 1)'}}\nevents: {{{luck}}}\n", encoding="utf-8")
    divides = ("--set", "terms.fee.amount=$1m / left")
    always = (*divides, "--set", "rows.left=0")
    done = prenup_("run", deal, *FEW, *divides)
    assert done.exit_code == 0
    assert "Take care: 32 paths of 64 (50%) are in none of these figures" in done.stdout
    done = prenup_("run", deal, *FEW, *always)
    assert done.exit_code == 0
    assert "Nothing could be worked out" in done.stdout
    assert re.search(r"^The Maker +n/a +n/a", done.stdout, re.MULTILINE)
    found = json.loads(prenup_("run", deal, *FEW, *always, "--json").stdout)
    assert found["paths_left_out"] == found["settings"]["paths"]
    assert found["parties"][0]["mean"] is None
    assert found["cash_error"] is None
    ledger = prenup_("show", deal, "--as", "ledger", *always)
    assert ledger.exit_code == 0
    assert "n/a" in ledger.stdout


# ── as a program of its own ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_program_gives_what_the_commands_give(deal: Path) -> None:
    done = program("run", deal, *FEW)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == prenup_("run", deal, *FEW).stdout
    assert program("check", ROOT / "absent.yaml").returncode == 1
    assert program("run", deal, "--paths", "0").returncode == 2


def test_a_reader_that_goes_away_is_no_fault(deal: Path) -> None:
    with started("run", deal, *FEW) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        assert process.wait(60) == 0
    assert errors == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_one_line_and_code_1(deal: Path) -> None:
    command = [*PROGRAM, "run", str(deal), *FEW]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=environment())
    assert done.returncode == 1
    assert done.stderr == f"can't write the output: {os.strerror(errno.ENOSPC)}\n"


def test_a_terminal_that_knows_few_letters_is_no_fault(crowd: Path) -> None:
    command = [*PROGRAM, "run", str(crowd), *FEW]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=environment(PYTHONIOENCODING="latin-1"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert "± error".encode("latin-1") in done.stdout
    assert rb"\u65e5\u672c" in done.stdout


LONG = ("--paths", "3000000", "--engine", "reference")


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    with started("run", GALLERY[0], *LONG) as process:
        time.sleep(2.5)  # in the middle of its work: all of it takes much longer
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.decode().strip() == "stopped"
    assert out == b""


def on_a_terminal(*arguments: str | Path, stop_when: bytes = b"") -> tuple[int, bytes]:
    """The exit code and everything that the program sent to a terminal; SIGINT as soon as it has sent `stop_when`."""
    ours, theirs = pty.openpty()
    command = [*PROGRAM, *map(str, arguments)]
    env = environment(TERM="xterm-256color", COLUMNS="100", LINES="30")
    sent = b""
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=env) as process:
        os.close(theirs)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    piece = os.read(ours, 65_536)
                except OSError:  # the other side has closed
                    break
                if not piece:
                    break
                sent += piece
                if stop_when and stop_when in sent:
                    process.send_signal(signal.SIGINT)
                    stop_when = b""
        code = process.wait(30)
    os.close(ours)
    return code, sent


def test_a_terminal_gets_bold_titles_and_no_bar_on_quick_work(deal: Path) -> None:
    code, sent = on_a_terminal("run", deal, *FEW)
    assert code == 0
    assert b"\x1b[1mWho gets what\x1b[0m" in sent
    assert b"blocks" not in sent


def test_a_bar_appears_on_long_work_and_leaves_nothing_behind() -> None:
    code, sent = on_a_terminal("run", GALLERY[0], *LONG, stop_when=b"blocks")
    assert code == 130
    assert b"Working it out" in sent
    after = sent[sent.rindex(b"blocks") :]
    assert b"\x1b[2K" in after, "the bar's line is not wiped"
    assert after.rindex(b"\x1b[?25h") > after.find(b"\x1b[?25l"), "the cursor stays hidden"
    assert sent.rstrip().endswith(b"stopped")


def test_at_once_is_a_part_of_in_full() -> None:
    assert {type(q) for q in AT_ONCE} < {type(q) for q in in_full()}
