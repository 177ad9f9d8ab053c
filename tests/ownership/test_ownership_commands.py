"""The commands about ownership: what they print, what a program can read, what they write, and how they say no."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import prenup
from prenup.show.cli.main import cli

DEAL = """\
deal: A round and a sale
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 3}
parties: {startup: {title: Startup Inc, discount: 0%}, fund: {title: The Fund, discount: 0%}}
cap_tables:
  startup:
    classes:
      common: {kind: common, holders: {founders: 6m, employees: 1m}}
      seed: {kind: preferred, price: $1, holders: {angels: 2m}}
      options: {kind: options, strike: $0.50, holders: {employees: 500k}}
      pool: {kind: pool, units: 500k}
      safe_one: {kind: safe, holders: {angels: $1m}, cap: $10m}
      series_a: {kind: preferred, seniority: 2}
    actions:
      round_a: {kind: round, on: 2025-02-28, class: series_a, pre_money: $20m, investors: {fund: $5m}}
    valuation: {of: angels, at: round_a, equity: $20m}
variants:
  dearer: {title: A dearer round, change: {cap_tables.startup.actions.round_a.pre_money: $45m}}
"""

FEW = ("--paths", "16", "--views", "1")
PRE_MONEY = "cap_tables.startup.actions.round_a.pre_money"
ASKED = {
    "captable": ("captable", "--at", "round_a"),
    "exit": ("exit", "--at", "round_a", "--value", "$40m", "--value", "8m"),
    "stake": ("stake",),
    "seek": ("seek", PRE_MONEY, "--for", "fund in startup = 25%", "--at", "round_a", "--range", "$10m..$30m"),
}


@pytest.fixture
def deal(tmp_path: Path) -> Path:
    path = tmp_path / "startup.yaml"
    path.write_text(DEAL, encoding="utf-8")
    return path


def prenup_(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="prenup")


def ask(deal: Path, *arguments: str) -> Result:
    """A command about a deal, on few paths."""
    command, *rest = arguments
    return prenup_(command, deal, *rest, *FEW)


def as_json(deal: Path, *arguments: str) -> dict[str, Any]:
    done = ask(deal, *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["format"] == "prenup-answers/1"
    return found


def table_of(found: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """A table of an answer's JSON, each row by the titles of the columns."""
    [answer] = found["answers"]
    table = next(t for t in answer["tables"] if t["title"] == title)
    titles = [column["title"] for column in table["columns"]]
    return [dict(zip(titles, row, strict=True)) for row in table["rows"]]


# ── what is printed, and what a program reads ───────────────────────────────────────────────────────────────────────

PRINTED = {
    "captable": r"Who owns Startup Inc, after .*\n(.*\n)*The Fund +2,777,777.78 +21.55% +2,777,777.78 +20.00% +0.00%\n",
    "exit": r"An exit of Startup Inc.*\n(.*\n)*Paid by holder\n(.*\n)*- At \$8.00m: The Fund \$5.00m, angels \$3.00m.\n",
    "stake": r"What stake angels should get in Startup Inc\n(.*\n)*As the units stand +28% +28% +28%",
    "seek": r"- At USD 15,000,000 the deal gives The Fund 25.00%.\n(.*\n)*It is USD 20,000,000 in the deal.",
}


@pytest.mark.parametrize("command", ASKED)
def test_what_is_printed(deal: Path, command: str) -> None:
    done = ask(deal, *ASKED[command])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("A round and a sale\nas of 2024-12-31, 2025-01-01 to 2025-03-31, in USD\n")
    assert re.search(PRINTED[command], done.stdout), done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert done.stderr == ""


@pytest.mark.parametrize("command", ASKED)
def test_json_is_one_answer(deal: Path, command: str) -> None:
    found = as_json(deal, *ASKED[command])
    assert found["deal"] == {"name": "startup", "title": "A round and a sale", "currency": "USD", "as_of": "2024-12-31"}
    assert found["variant"] is None
    [answer] = found["answers"]
    assert answer["question"] == command
    assert answer["sentences"]


def test_numbers_of_the_json_are_in_full(deal: Path) -> None:
    rows = table_of(as_json(deal, *ASKED["captable"]), "By holder")
    assert {row["Holder"]: row["Fully diluted"] for row in rows} == pytest.approx(
        {"founders": 0.432, "angels": 0.224, "The Fund": 0.2, "employees": 0.108, "Reserved, held by nobody": 0.036, "Total": 1}
    )
    paid = table_of(as_json(deal, *ASKED["exit"]), "Paid by holder")
    assert sum(row["At $40.0m"] for row in paid[:-1]) == pytest.approx(40e6)
    assert paid[-1] == pytest.approx({"Holder": "Total", "At $40.0m": 40e6, "of $40.0m": 1.0, "At $8.00m": 8e6, "of $8.00m": 1.0})


@pytest.mark.parametrize("command", ASKED)
def test_a_page_is_written(deal: Path, tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.html"
    done = ask(deal, *ASKED[command], "--html", str(page))
    assert done.exit_code == 0, done.output
    assert f"The page is in {page}" in done.stdout
    written = page.read_text(encoding="utf-8")
    assert written.lower().startswith("<!doctype html>")
    title = {"captable": "Who owns Startup Inc", "exit": "An exit of Startup Inc", "stake": "What stake angels should get"}
    assert title.get(command, f"What {PRE_MONEY} has to be") in written


def test_a_page_that_can_not_be_written(deal: Path, tmp_path: Path) -> None:
    done = ask(deal, "captable", "--html", str(tmp_path / "nowhere" / "page.html"))
    assert done.exit_code == 1
    assert "can't write" in done.stderr


def test_a_variant_and_a_changed_field(deal: Path) -> None:
    def share(*options: str) -> float:
        rows = table_of(as_json(deal, *ASKED["captable"], *options), "By holder")
        return float(next(row["Fully diluted"] for row in rows if row["Holder"] == "The Fund"))

    assert share() == pytest.approx(0.2)
    assert share("--variant", "dearer") == pytest.approx(0.1)
    assert share("--set", f"{PRE_MONEY}=$15m") == pytest.approx(0.25)
    assert as_json(deal, "captable", "--variant", "dearer")["variant"] == "dearer"


def test_the_exit_value_that_is_sought(deal: Path) -> None:
    [answer] = as_json(deal, "exit", "--for", "employees = 10%")["answers"]
    assert "(exactly 8,000,000.00)" in answer["sentences"][0]


# ── how they say no ─────────────────────────────────────────────────────────────────────────────────────────────────

NO_MOMENT = "is neither a day nor an event of the deal or an action of its table"
HOLD = "founders, employees, angels"
MISUSED = {
    "no table": (("captable", "--of", "fund"), "fund has no cap table; startup has"),
    "a table misspelt": (("captable", "--of", "startp"), "startp has no cap table; did you mean startup?"),
    "nowhere": (("captable", "--at", "round_b"), f"round_b {NO_MOMENT}; did you mean round_a?"),
    "too late": (("exit", "--at", "2030-01-01"), "2030-01-01 lies outside the deal's clock, 2025-01-01 to 2025-03-31"),
    "no money": (
        ("exit", "--value", "much"),
        "'much' is not a quantity; write it like $13bn, 20%, 3.7bn/yr, 18 months or 2030-12-31",
    ),
    "a part": (("exit", "--value", "5%"), "5% is no amount in USD; write it like $40m"),
    "a multiple": (("exit", "--value", "5x"), "5x is no amount in USD; write it like $40m"),
    "other money": (("exit", "--value", "€5m"), "€5m is no amount in USD; write it like $40m"),
    "less than nothing": (("exit", "--value", "-$5m"), "-$5m is no amount in USD; write it like $40m"),
    "no range": (("exit", "--range", "5"), "5 is no range; write it like 0..$500m"),
    "a falling range": (("exit", "--range", "$5m..$1m"), "$5m..$1m does not rise; write the smaller end first"),
    "nobody's target": (
        ("exit", "--for", "nobody = 10%"),
        f"nobody is neither a holder nor a class of the table; it has {HOLD}, common, seed, options, pool, safe_one, series_a",
    ),
    "no target": (
        ("exit", "--for", "nobody"),
        "nobody is no target; write it like 'microsoft = $50bn' or 'microsoft in openai = 27%'",
    ),
    "nobody's stake": (("stake", "--of", "nobody"), f"nobody holds nothing of startup; those who do: {HOLD}, fund"),
    "no number": (("seek", "zz.zz", "--for", "fund = $1m"), "zz.zz is no number of the deal"),
    "nothing to seek": (("seek", PRE_MONEY), "Missing option '--for'."),
    "no paths": (("captable", "--paths", "0"), "paths must be from 1 to 1,000,000,000, not 0"),
}


@pytest.mark.parametrize("what", MISUSED)
def test_wrong_use_is_said_in_one_line(deal: Path, what: str) -> None:
    (command, *rest), message = MISUSED[what]
    done = prenup_(command, deal, *([*FEW, *rest]))
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.splitlines()[0].startswith(f"Usage: prenup {command} ")
    [said] = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert said == f"Error: {message}"


@pytest.mark.parametrize("command", ["captable", "exit"])
def test_a_deal_without_a_table(tmp_path: Path, command: str) -> None:
    path = tmp_path / "none.yaml"
    path.write_text(DEAL.split("cap_tables:", maxsplit=1)[0], encoding="utf-8")
    done = prenup_(command, path, *FEW)
    assert done.exit_code == 2
    assert done.stderr.endswith("Error: the deal has no cap_tables: section\n")


def test_a_deal_with_two_tables_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "two.yaml"
    other = "cap_tables:\n  fund:\n    classes: {units: {kind: common, holders: {partners: 100}}}\n"
    path.write_text(DEAL.replace("cap_tables:\n", other), encoding="utf-8")
    done = prenup_("captable", path, *FEW)
    assert done.exit_code == 2
    assert done.stderr.endswith("Error: the deal has several cap tables; add --of and one of fund, startup\n")
    assert table_of(as_json(path, "captable", "--of", "fund"), "By holder")[0]["Holder"] == "partners"


FAULTS = {
    "a field misspelt": ("kind: safe,", "kind: safe, capp: 3,"),
    "a round of nothing": ("class: series_a,", "class: series_z,"),
    "no YAML": ("classes:", "classes: {"),
}


@pytest.mark.parametrize(("command", "fault"), [*zip(ASKED, [*FAULTS, "no YAML"], strict=True)])
def test_a_faulty_deal_is_no_wrong_use(deal: Path, command: str, fault: str) -> None:
    deal.write_text(DEAL.replace(*FAULTS[fault]), encoding="utf-8")
    done = ask(deal, *ASKED[command])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert re.search(r"startup\.yaml:\d+:\d+  D\d{3}  ", done.stderr)
    found = ask(deal, *ASKED[command], "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["problems"]


def test_a_change_with_a_fault(deal: Path) -> None:
    done = ask(deal, "captable", "--set", f"{PRE_MONEY}=soon")
    assert done.exit_code == 1
    assert "--set:" in done.stderr
    assert ask(deal, "captable", "--variant", "cheaper").exit_code == 1
    assert prenup_("captable", deal.with_name("nowhere.yaml")).exit_code == 1


# ── Open Cap Table packages ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("package", ["package", "package.zip"])
@pytest.mark.parametrize("at", ["", "round_a"])
def test_out_and_in_again_is_the_same_table(deal: Path, tmp_path: Path, package: str, at: str) -> None:
    out, back = tmp_path / package, tmp_path / "back.yaml"
    when = ("--at", at) if at else ()
    done = ask(deal, "captable", *when, "--ocf", str(out))
    assert done.exit_code == 0, done.output
    assert f"wrote {out}\n" in done.stderr
    assert out.is_dir() == (package == "package")
    read = prenup_("import", out, back)
    assert read.exit_code == 0, read.output
    assert read.stdout == f"wrote {back}; try: prenup captable {back}\n"
    columns = ("Issued, as common", "Issued", "Fully diluted units", "Fully diluted")
    before, after = (table_of(as_json(*asked), "By holder") for asked in ((deal, "captable", *when), (back, "captable")))
    held = [
        {str(row["Holder"]).replace("The Fund", "fund"): [row[column] for column in columns] for row in rows}
        for rows in (before, after)
    ]
    assert held[0].keys() == held[1].keys()
    for holder, numbers in held[0].items():
        assert held[1][holder] == pytest.approx(numbers, rel=1e-9), holder


@pytest.mark.parametrize("at", ["", "round_a"])
def test_out_and_in_again_pays_the_same_at_an_exit(deal: Path, tmp_path: Path, at: str) -> None:
    out, back = tmp_path / "package", tmp_path / "back.yaml"
    when = ("--at", at) if at else ()
    assert ask(deal, "captable", *when, "--ocf", str(out)).exit_code == 0
    assert prenup_("import", out, back).exit_code == 0
    values = [part for worth in ("$3m", "$7m", "$12m", "$19m", "$60m") for part in ("--value", worth)]
    before, after = (table_of(as_json(*asked, *values), "Paid by class") for asked in ((deal, "exit", *when), (back, "exit")))
    by_class = {str(row.pop("Class")): row for row in after}
    for row in before:
        assert by_class[str(row.pop("Class"))] == pytest.approx(row, rel=1e-9, abs=1e-6)


def test_an_import_is_printed_where_no_file_is_named(deal: Path, tmp_path: Path) -> None:
    out = tmp_path / "package.zip"
    assert ask(deal, "captable", "--ocf", str(out)).exit_code == 0
    done = prenup_("import", out)
    assert done.exit_code == 0
    assert done.stdout.startswith("deal: {title: Cap table of Startup Inc}\n")
    assert all(line.startswith("not carried: ") for line in done.stderr.splitlines())


def test_an_import_into_a_deal_takes_the_place_of_its_table(deal: Path, tmp_path: Path) -> None:
    out = tmp_path / "package.zip"
    assert ask(deal, "captable", "--ocf", str(out)).exit_code == 0
    party = next(iter(prenup.load(deal).deal.cap_tables))
    plain = tmp_path / "plain.yaml"
    plain.write_text(DEAL.partition("cap_tables:")[0], encoding="utf-8")
    for into in (deal, plain):
        file = tmp_path / f"from_{into.stem}.yaml"
        done = prenup_("import", out, file, "--into", into, "--of", party)
        assert done.exit_code == 0, done.output
        there = prenup.load(file).deal
        assert list(there.cap_tables) == [party]
        assert set(there.parties) == set(prenup.load(into).deal.parties)
    assert prenup_("import", out, "--into", deal, "--of", "nobody").exit_code == 2


def test_an_import_does_not_overwrite(deal: Path, tmp_path: Path) -> None:
    out = tmp_path / "package"
    assert ask(deal, "captable", "--ocf", str(out)).exit_code == 0
    done = prenup_("import", out, deal)
    assert done.exit_code == 1
    assert done.stderr == f"{deal} exists already; choose another name\n"
    assert deal.read_text(encoding="utf-8") == DEAL


def test_an_import_of_nothing(tmp_path: Path) -> None:
    done = prenup_("import", tmp_path / "nowhere")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    (tmp_path / "text.zip").write_text("no zip", encoding="utf-8")
    done = prenup_("import", tmp_path / "text.zip")
    assert done.exit_code == 1
    assert "text.zip" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_into_a_folder_that_is_not_there(deal: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = ask(deal, "captable", "--ocf", str(tmp_path / "file" / "package"))
    assert done.exit_code == 1
    assert len([line for line in done.stderr.splitlines() if not line.startswith("not carried")]) == 1


# ── published examples of option pricing ────────────────────────────────────────────────────────────────────────────

PRICED = """\
deal: Option pricing
currency: USD
as_of: 2024-12-31
clock: {from: 2025-01-01, months: 1}
parties: {co: {discount: 0%}}
cap_tables:
  co:
    classes: {CLASSES}
    valuation: {VALUATION}
"""

THREE = (
    "common: {kind: common, holders: {staff: 7m}}, series_a: {kind: preferred, price: $2.50, holders: {fund: 2m}}, "
    "options: {kind: options, strike: $0.50, holders: {team: 1m}}"
)

# An option on a preference that can't share: its class may not convert, so that all above it is the common's.
OPTION = (
    "debt: {kind: preferred, invested: 40, conversion_ratio: 0x, holders: {lender: 1}}, "
    "common: {kind: common, holders: {owner: 1}}"
)

EXAMPLES = {
    # Hull, Options, Futures and Other Derivatives, Example 15.6: S = 42, K = 40, r = 10 %, 20 % a year, half a year.
    "opm-01": (
        OPTION,
        "equity: 42, rate: 10%, volatility: 20%, years: 0.5 years",
        {"common": 4.7594223929, "debt": 42 - 4.7594223929},
        1e-9,
    ),
    # A public repository's "OPM backsolve tests": participating preferred beside common, one breakpoint.
    "opm-02": (
        "common: {kind: common, holders: {staff: 8m}}, "
        "preferred: {kind: preferred, price: $2.50, participation: full, holders: {fund: 2m}}",
        "equity: $25m, rate: 4%, volatility: 60%, years: 3 years",
        {"preferred": 8389755.91, "common": 8 * 2076280.51},
        1e-8,
    ),
    # The same source, three classes: breakpoints at 0, 5m, 8.5m and 24.5m.
    "opm-04": (
        THREE,
        "equity: $20m, rate: 4%, volatility: 60%, years: 3 years",
        {"series a": 5629687.44, "common": 12861382.31, "options": 1508930.26},
        1e-8,
    ),
    # The same classes, worked back from 2.50 for a unit of series A: 16.0m of equity, 25m post-money.
    "opm-06": (
        THREE,
        "last_round: {class: series_a, price: $2.50}, rate: 4%, volatility: 60%, years: 3 years",
        {"series a": 5e6, "All claims": 16004308.39},
        1e-9,
    ),
}


def priced(tmp_path: Path, classes: str, valuation: str) -> dict[str, dict[str, Any]]:
    path = tmp_path / "priced.yaml"
    path.write_text(PRICED.replace("CLASSES", classes).replace("VALUATION", valuation), encoding="utf-8")
    return {str(row["Class"]): row for row in table_of(as_json(path, "exit"), "By option pricing")}


@pytest.mark.parametrize("example", EXAMPLES)
def test_published_option_pricing(tmp_path: Path, example: str) -> None:
    classes, valuation, wanted, tolerance = EXAMPLES[example]
    rows = priced(tmp_path, classes, valuation)
    for name, worth in wanted.items():
        assert rows[name]["Worth today"] == pytest.approx(worth, rel=tolerance), name
    whole = rows.pop("All claims")
    assert sum(row["Worth today"] for row in rows.values()) == pytest.approx(whole["Worth today"], rel=1e-12)
    assert sum(row["Part"] for row in rows.values()) == pytest.approx(whole["Part"], rel=1e-12)


def test_units_of_published_option_pricing(tmp_path: Path) -> None:
    rows = priced(tmp_path, *EXAMPLES["opm-04"][:2])
    assert {name: row["A unit"] for name, row in rows.items()} == {
        "series a": pytest.approx(2.8148437186, rel=1e-9), "common": pytest.approx(1.8373403295, rel=1e-9),
        "options": pytest.approx(1.5089302559, rel=1e-9), "All claims": None,
    }  # fmt: skip


def test_the_headline_overstates_what_all_claims_are_worth(tmp_path: Path) -> None:
    whole = priced(tmp_path, *EXAMPLES["opm-06"][:2])["All claims"]["Worth today"]
    assert 2.5 * 10e6 / whole - 1 == pytest.approx(0.5620793717089085, rel=1e-8)
