"""Open Cap Table Format: a package written by hand comes in as it stands, and what goes out is sound and comes back."""

from __future__ import annotations

import copy
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import prenup
from prenup.exchange.ocf_in import ExchangeError, Imported, read_ocf
from prenup.exchange.ocf_out import ExportClass, ExportTable, write_ocf

Json = dict[str, Any]
STEMS = {
    "stakeholders": "Stakeholders",
    "stock_classes": "StockClasses",
    "stock_plans": "StockPlans",
    "stock_legend_templates": "StockLegendTemplates",
    "vesting_terms": "VestingTerms",
    "valuations": "Valuations",
    "transactions": "Transactions",
}


def usd(amount: str) -> Json:
    return {"amount": amount, "currency": "USD"}


def person(name: str) -> Json:
    known = name.split(maxsplit=1)[0].lower()
    return {"id": known, "object_type": "STAKEHOLDER", "name": {"legal_name": name}, "stakeholder_type": "INDIVIDUAL"}


def tx(kind: str, day: str, security: str, **more: Any) -> Json:
    return {"id": f"{kind}:{security}", "object_type": f"TX_{kind}", "date": day, "security_id": security, **more}


def issue(kind: str, day: str, security: str, holder: str, **more: Any) -> Json:
    common = {"custom_id": security, "stakeholder_id": holder, "security_law_exemptions": []}
    return tx(f"{kind}_ISSUANCE", day, security, **common, **more)


def stock(day: str, security: str, holder: str, units: str, of: str = "common", price: str = "0.0001") -> Json:
    more = {"stock_class_id": of, "share_price": usd(price), "quantity": units, "stock_legend_ids": []}
    return issue("STOCK", day, security, holder, **more)


def grant(day: str, security: str, holder: str, units: str, **more: Any) -> Json:
    fixed: Json = {"compensation_type": "OPTION", "exercise_price": usd("0.30"), "expiration_date": None, "stock_plan_id": "plan"}
    return issue("EQUITY_COMPENSATION", day, security, holder, quantity=units, termination_exercise_windows=[], **fixed | more)


def trigger(mechanism: Json, kind: str = "CONVERTIBLE", **more: Any) -> Json:
    right = {"type": f"{kind}_CONVERSION_RIGHT", "conversion_mechanism": mechanism, "converts_to_future_round": True}
    fixed = {"type": "AUTOMATIC_ON_CONDITION", "trigger_condition": "next round"} if "type" not in more else {}
    return {"trigger_id": "T", "conversion_right": right, **fixed, **more}


def convertible(day: str, security: str, holder: str, kind: str, money: str, *triggers: Json, **more: Any) -> Json:
    fixed: Json = {"convertible_type": kind, "investment_amount": usd(money), "seniority": 1}
    return issue("CONVERTIBLE", day, security, holder, conversion_triggers=list(triggers), **fixed | more)


def conversion(ratio: str) -> Json:
    terms = {"type": "RATIO_CONVERSION", "conversion_price": usd("2.00"), "rounding_type": "NORMAL"}
    return {**terms, "ratio": {"numerator": ratio, "denominator": "1"}}


SAFE = {
    "type": "SAFE_CONVERSION",
    "conversion_mfn": False,
    "conversion_timing": "POST_MONEY",
    "conversion_valuation_cap": usd("10000000"),
    "conversion_discount": ".2",
}
NOTE = {
    "type": "CONVERTIBLE_NOTE_CONVERSION",
    "interest_rates": [{"rate": "0.08", "accrual_start_date": "2025-07-01"}],
    "day_count_convention": "ACTUAL_365",
    "interest_payout": "DEFERRED",
    "interest_accrual_period": "DAILY",
    "compounding_type": "SIMPLE",
    "conversion_valuation_cap": usd("12000000"),
}
FOUR_YEARS = {
    "id": "four-years",
    "object_type": "VESTING_TERMS",
    "name": "Four years, one year cliff",
    "description": "A quarter after a year, a forty-eighth each month after.",
    "allocation_type": "CUMULATIVE_ROUNDING",
    "vesting_conditions": [
        {"id": "start", "quantity": "0", "trigger": {"type": "VESTING_START_DATE"}, "next_condition_ids": ["cliff"]},
        {
            "id": "cliff",
            "portion": {"numerator": "12", "denominator": "48"},
            "trigger": {
                "type": "VESTING_SCHEDULE_RELATIVE",
                "period": {"type": "MONTHS", "length": 12, "occurrences": 1, "day_of_month": "01"},
                "relative_to_condition_id": "start",
            },
            "next_condition_ids": ["monthly"],
        },
        {
            "id": "monthly",
            "portion": {"numerator": "1", "denominator": "48"},
            "trigger": {
                "type": "VESTING_SCHEDULE_RELATIVE",
                "period": {"type": "MONTHS", "length": 1, "occurrences": 36, "day_of_month": "01"},
                "relative_to_condition_id": "cliff",
            },
            "next_condition_ids": [],
        },
    ],
}


def package() -> Json:
    """Two classes, a plan, safes, a note and a warrant, and most of what may happen to them."""
    people = ["Ann Lee", "Bo Ruiz", "Northwind Ventures I, L.P.", "Dana Fox", "Eve Ito", "Lake Angels", "Hill Bank"]
    fixed = {"type": "FIXED_AMOUNT_CONVERSION", "converts_to_quantity": "50000"}
    common = {"id": "common", "object_type": "STOCK_CLASS", "name": "Common Stock", "class_type": "COMMON", "seniority": "0"}
    seed = {"id": "seed", "object_type": "STOCK_CLASS", "name": "Series Seed", "class_type": "PREFERRED", "seniority": "1"}
    shared = {"default_id_prefix": "S-", "initial_shares_authorized": "20000000", "votes_per_share": "1"}
    right = {
        "conversion_mechanism": conversion("1"),
        "converts_to_stock_class_id": "common",
        "type": "STOCK_CLASS_CONVERSION_RIGHT",
    }
    seed |= {"price_per_share": usd("2.00"), "liquidation_preference_multiple": "1", "participation_cap_multiple": "3"}
    plan = {"id": "plan", "object_type": "STOCK_PLAN", "plan_name": "2024 Plan", "initial_shares_reserved": "500000"}
    plan |= {"default_cancellation_behavior": "RETURN_TO_POOL", "stock_class_ids": ["common"]}
    split = {"id": "split", "object_type": "TX_STOCK_CLASS_SPLIT", "date": "2025-01-15", "stock_class_id": "common"}
    pool = {"id": "more", "object_type": "TX_STOCK_PLAN_POOL_ADJUSTMENT", "date": "2025-05-01", "stock_plan_id": "plan"}
    ratio = {"id": "down", "object_type": "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT", "date": "2026-02-01"}
    log = [
        stock("2024-01-10", "CS-1", "ann", "2000000"),
        stock("2024-01-10", "CS-2", "bo", "1000000"),
        stock("2024-02-01", "PS-1", "northwind", "400000", "seed", "2.00"),
        stock("2024-02-01", "PS-2", "northwind", "400000", "seed", "2.00"),
        tx("STOCK_RETRACTION", "2024-02-02", "PS-2", reason_text="written twice"),
        grant("2024-03-01", "O-1", "dana", "60000", vesting_terms_id="four-years"),
        tx("VESTING_START", "2024-02-15", "O-1", vesting_condition_id="start"),
        grant("2024-03-01", "O-2", "eve", "20000"),
        tx(
            "EQUITY_COMPENSATION_CANCELLATION",
            "2024-06-01",
            "O-2",
            quantity="5000",
            balance_security_id="O-3",
            reason_text="left",
        ),
        grant("2024-06-01", "O-3", "eve", "15000"),
        tx(
            "STOCK_TRANSFER",
            "2024-09-01",
            "CS-2",
            quantity="100000",
            resulting_security_ids=["CS-3"],
            balance_security_id="CS-4",
        ),
        stock("2024-09-01", "CS-3", "northwind", "100000"),
        stock("2024-09-01", "CS-4", "bo", "900000"),
        split | {"split_ratio": {"numerator": "2", "denominator": "1"}},
        tx("EQUITY_COMPENSATION_EXERCISE", "2025-03-01", "O-3", quantity="10000", resulting_security_ids=["CS-5"]),
        stock("2025-03-01", "CS-5", "eve", "10000"),
        pool | {"shares_reserved": "1200000"},
        convertible("2025-06-01", "SAFE-1", "lake", "SAFE", "250000", trigger(SAFE)),
        convertible("2025-06-02", "SAFE-2", "hill", "SAFE", "100000", trigger(SAFE)),
        convertible("2025-06-02", "SAFE-3", "hill", "SAFE", "1", trigger(SAFE)),
        tx("CONVERTIBLE_CANCELLATION", "2025-06-03", "SAFE-3", amount=usd("1"), reason_text="error"),
        convertible(
            "2025-07-01",
            "CN-1",
            "hill",
            "NOTE",
            "500000",
            trigger(NOTE),
            trigger(NOTE, type="ELECTIVE_IN_RANGE", start_date="2025-07-01", end_date="2027-07-01"),
        ),
        issue(
            "WARRANT",
            "2025-08-01",
            "W-1",
            "hill",
            exercise_price=usd("1.25"),
            purchase_price=usd("100"),
            warrant_expiration_date="2032-08-01",
            exercise_triggers=[trigger(fixed, "WARRANT", type="ELECTIVE_AT_WILL")],
        ),
        tx("STOCK_REPURCHASE", "2025-09-01", "CS-1", quantity="500000", price=usd("0.01"), balance_security_id="CS-6"),
        stock("2025-09-01", "CS-6", "ann", "3500000"),
        tx(
            "STOCK_CONVERSION",
            "2026-01-05",
            "PS-1",
            quantity_converted="100000",
            resulting_security_ids=["CS-7"],
            balance_security_id="PS-3",
        ),
        stock("2026-01-05", "CS-7", "northwind", "200000"),
        stock("2026-01-05", "PS-3", "northwind", "300000", "seed", "2.00"),
        ratio | {"stock_class_id": "seed", "new_ratio_conversion_mechanism": conversion("2.5")},
        stock("2026-07-15", "CS-8", "dana", "7"),
    ]
    legend = {"id": "legend", "object_type": "STOCK_LEGEND_TEMPLATE", "name": "Rule 144", "text": "Not to be sold."}
    issuer = {"id": "acme", "object_type": "ISSUER", "legal_name": "Acme Robotics, Inc.", "formation_date": "2023-12-01"}
    return {
        "manifest": {
            "ocf_version": "1.2.0",
            "file_type": "OCF_MANIFEST_FILE",
            "issuer": issuer | {"country_of_formation": "US"},
            "as_of": "2026-06-30",
            "generated_at": "2026-06-30T12:00:00Z",
        },
        "stakeholders": [person(name) for name in people],
        "stock_classes": [common | shared, seed | shared | {"conversion_rights": [right]}],
        "stock_plans": [plan],
        "stock_legend_templates": [legend],
        "vesting_terms": [FOUR_YEARS],
        "valuations": [],
        "transactions": log,
    }


def files_of(content: Json) -> dict[str, str]:
    manifest = dict(content["manifest"])
    files: dict[str, str] = {}
    for group, stem in STEMS.items():
        name = f"{stem}.ocf.json"
        manifest[f"{group}_files"] = [{"filepath": f"./{name}", "md5": "0" * 32}]
        files[name] = json.dumps({"file_type": f"OCF_{group.upper()}_FILE", "items": content[group]})
    return {"Manifest.ocf.json": json.dumps(manifest), **files}


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def read(tmp_path: Path, content: Json, until: date | None = None) -> Imported:
    return read_ocf(zipped(tmp_path / "package.ocf.zip", files_of(content)), until)


SECTION: Json = {
    "classes": {
        "common_stock": {
            "kind": "common",
            "title": "Common Stock",
            "holders": {"ann_lee": 3_500_000, "bo_ruiz": 1_800_000, "eve_ito": 10_000, "northwind_ventures_i_l_p": 400_000},
        },
        "series_seed": {
            "kind": "preferred",
            "title": "Series Seed",
            "price": 2,
            "preference": 1,
            "participation": "capped",
            "participation_cap": 3,
            "seniority": 1,
            "conversion_ratio": 2.5,
            "holders": {"northwind_ventures_i_l_p": 300_000},
        },
        "options_2024_plan_at_0_15_from_2024_02_15": {
            "kind": "options",
            "title": "2024 Plan at 0.15 from 2024-02-15",
            "strike": 0.15,
            "vesting": {"from": "2024-02-15", "over": "48 months", "cliff": "12 months"},
            "holders": {"dana_fox": 120_000},
        },
        "options_2024_plan_at_0_15": {
            "kind": "options",
            "title": "2024 Plan at 0.15",
            "strike": 0.15,
            "holders": {"eve_ito": 20_000},  # (20,000 - 5,000) * 2 - 10,000
        },
        "warrant_at_1_25": {
            "kind": "warrant",
            "title": "Warrant at 1.25",
            "strike": 1.25,
            "expires": "2032-08-01",
            "holders": {"hill_bank": 50_000},
        },
        "pool_2024_plan_pool": {"kind": "pool", "title": "2024 Plan pool", "units": 1_050_000},  # 1.2m - 2 * (60k + 20k - 5k)
        "safe_with_a_cap_of_10000000": {
            "kind": "safe",
            "title": "Safe with a cap of 10000000",
            "cap": 10_000_000,
            "cap_basis": "post_money",
            "discount": "20%",
            "holders": {"hill_bank": 100_000, "lake_angels": 250_000},
        },
        "note_with_a_cap_of_12000000": {
            "kind": "note",
            "title": "Note with a cap of 12000000",
            "cap": 12_000_000,
            "interest": "8%",
            "since": "2025-07-01",
            "maturity": "2027-07-01",
            "holders": {"hill_bank": 500_000},
        },
    }
}


def test_a_package_comes_in_as_it_stands_on_its_day(tmp_path: Path) -> None:
    found = read(tmp_path, package())
    assert found.section == SECTION
    assert (found.party, found.title) == ("acme_robotics_inc", "Acme Robotics, Inc.")
    assert (found.as_of, found.currency) == (date(2026, 6, 30), "USD")
    assert found.holders["northwind_ventures_i_l_p"] == "Northwind Ventures I, L.P."
    assert found.notes == (
        "Some splits are taken to reach all that turns into the split class (options, plans, warrants, the ratio of preferred), "
        "since the log doesn't say otherwise: Common Stock on 2025-01-15.",
        "Some transactions are dated after the day of the table and were left out: STOCK_ISSUANCE:CS-8.",
        "Par values, votes and authorised counts have no place in a deal file: Common Stock, Series Seed (2 in all).",
        "OCF does not say whether the cap of a note is pre- or post-money; pre-money is taken: CN-1.",
        "Some stock legends (restrictions of transfer, say) are not carried: Rule 144.",
    )


def test_what_comes_in_can_stand_in_a_deal_file(tmp_path: Path) -> None:
    head = "deal: {title: Acme}\ncurrency: USD\nas_of: 2026-06-30\nclock: {from: 2026-07-01, months: 24}\n"
    head += "parties: {acme_robotics_inc: {title: Acme, discount: 9%}}\n"
    found = read(tmp_path, package())
    tables = json.dumps({found.party: found.section})  # JSON is YAML
    (tmp_path / "acme.yaml").write_text(f"{head}cap_tables: {tables}\n", encoding="utf-8")
    deal = prenup.load(tmp_path / "acme.yaml").deal
    assert list(deal.cap_tables["acme_robotics_inc"].classes) == list(SECTION["classes"])


def test_an_earlier_day_shows_an_earlier_table(tmp_path: Path) -> None:
    classes = read(tmp_path, package(), date(2024, 9, 1)).section["classes"]
    assert classes["common_stock"]["holders"] == {"ann_lee": 2_000_000, "bo_ruiz": 900_000, "northwind_ventures_i_l_p": 100_000}
    assert classes["pool_2024_plan_pool"]["units"] == 425_000
    assert "conversion_ratio" not in classes["series_seed"]
    assert not any(entry["kind"] in ("safe", "note", "warrant") for entry in classes.values())


def test_the_order_of_the_log_in_its_file_does_not_matter(tmp_path: Path) -> None:
    content = package()
    content["transactions"].reverse()
    classes = read(tmp_path, content).section["classes"]
    assert {name: entry.get("holders") for name, entry in classes.items()} == {
        name: entry.get("holders") for name, entry in SECTION["classes"].items()
    }


def test_zip_folder_and_zipped_folder_are_equal(tmp_path: Path) -> None:
    files = files_of(package())
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    plain = read_ocf(zipped(tmp_path / "plain.zip", files))
    nested = zipped(tmp_path / "nested.zip", {f"export/{name}": text for name, text in files.items()})
    assert read_ocf(folder) == read_ocf(folder / "Manifest.ocf.json") == read_ocf(nested) == plain


def test_a_split_that_reissues_certificates_counts_once(tmp_path: Path) -> None:
    content = package()
    content["transactions"] += [
        stock("2025-01-15", "CS-9", "bo", "1800000"),
        tx("STOCK_REISSUANCE", "2025-01-15", "CS-4", resulting_security_ids=["CS-9"], split_transaction_id="split"),
    ]
    assert read(tmp_path, content).section == SECTION


def test_certificates_that_are_put_together(tmp_path: Path) -> None:
    content = package()
    content["transactions"] += [
        {
            "id": "together",
            "object_type": "TX_STOCK_CONSOLIDATION",
            "date": "2026-03-01",
            "security_ids": ["CS-3", "CS-7"],
            "resulting_security_id": "CS-9",
        },
        stock("2026-03-01", "CS-9", "northwind", "400000"),
    ]
    assert read(tmp_path, content).section == SECTION


def test_what_is_retired_does_not_return_to_the_pool(tmp_path: Path) -> None:
    content = package()
    content["stock_plans"][0]["default_cancellation_behavior"] = "RETIRE"
    assert read(tmp_path, content).section["classes"]["pool_2024_plan_pool"]["units"] == 1_040_000
    back = tx("STOCK_PLAN_RETURN_TO_POOL", "2025-02-01", "O-2", quantity="4000", stock_plan_id="plan", reason_text="rolled over")
    content["transactions"].append(back)
    assert read(tmp_path, content).section["classes"]["pool_2024_plan_pool"]["units"] == 1_044_000


def test_names_of_version_1_0_are_read(tmp_path: Path) -> None:
    content = package()
    text = json.dumps(content["transactions"]).replace("TX_EQUITY_COMPENSATION_", "TX_PLAN_SECURITY_")
    content["transactions"] = json.loads(text)
    content["manifest"]["ocf_version"] = "1.0.0"
    found = read(tmp_path, content)
    assert found.section == SECTION
    assert found.notes[0] == "The package says that it is OCF 1.0.0; it was read as 1.2.0."


def vested(tmp_path: Path, **more: Any) -> tuple[list[Any], tuple[str, ...]]:
    """What becomes of a grant with these fields: the `vesting` of classes with its holder, and all notes."""
    content = package()
    content["transactions"].append(grant("2025-01-20", "O-9", "bo", "1200", exercise_price=usd("9"), **more))
    found = read(tmp_path, content)
    classes = found.section["classes"].values()
    return [entry.get("vesting") for entry in classes if entry.get("strike") == 9], found.notes


def test_vesting_by_listed_days(tmp_path: Path) -> None:
    halves = [{"date": "2026-01-20", "amount": "600"}, {"date": "2027-01-20", "amount": "600"}]
    found, notes = vested(tmp_path, vestings=halves)
    assert found == [{"from": "2025-01-20", "over": "24 months"}]
    assert "Some grants vest in steps longer than a month; they are taken to vest month by month: O-9." in notes
    assert vested(tmp_path, vestings=[{"date": "2025-01-20", "amount": "1200"}])[0] == [None]
    assert vested(tmp_path, vestings=[{"date": "2025-06-20", "amount": "1200"}])[0] == [None]  # over by the day of the table
    cliff = vested(tmp_path, vestings=[{"date": "2028-01-20", "amount": "1200"}])
    assert cliff[0] == [{"from": "2025-01-20", "over": "36 months", "cliff": "36 months"}]


def test_vesting_that_is_no_line_is_noted(tmp_path: Path) -> None:
    uneven = [{"date": "2026-01-20", "amount": "1000"}, {"date": "2028-01-20", "amount": "200"}]
    found, notes = vested(tmp_path, vestings=uneven)
    assert found == [None]
    assert any(note.startswith("Some grants vest on events, by days, or not along a straight line") for note in notes)
    found, notes = vested(tmp_path, vesting_terms_id="four-years")
    assert found == [{"from": "2025-01-20", "over": "48 months", "cliff": "12 months"}]
    assert any(note.startswith("Some grants have vesting terms that were never started") for note in notes)


def alone(tmp_path: Path, *log: Json) -> Imported:
    """A package whose log is this alone."""
    return read(tmp_path, package() | {"transactions": list(log)})


def test_a_note_that_compounds_monthly_carries_its_yearly_rate(tmp_path: Path) -> None:
    monthly = NOTE | {"interest_accrual_period": "MONTHLY", "compounding_type": "COMPOUNDING"}
    due = trigger(monthly, type="AUTOMATIC_ON_DATE", trigger_date="2027-01-01")
    found = alone(tmp_path, convertible("2025-07-01", "CN-1", "hill", "NOTE", "100", due))
    entry = found.section["classes"]["note_with_a_cap_of_12000000"]
    assert float(entry["interest"].rstrip("%")) == pytest.approx(((1 + 0.08 / 12) ** 12 - 1) * 100, abs=1e-6)
    assert (entry["compounding"], entry["maturity"]) == ("yearly", "2027-01-01")
    assert any("compound more often than yearly" in note for note in found.notes)
    assert any("convert at maturity" in note for note in found.notes)


def test_convertibles_keep_what_they_can(tmp_path: Path) -> None:
    custom = {"type": "CUSTOM_CONVERSION", "custom_conversion_description": "as the board says"}
    favoured = {"type": "SAFE_CONVERSION", "conversion_mfn": True}
    untimed = {"type": "SAFE_CONVERSION", "conversion_mfn": False, "conversion_valuation_cap": usd("5")}
    found = alone(
        tmp_path,
        convertible("2025-01-01", "C-1", "hill", "CONVERTIBLE_SECURITY", "10", trigger(custom)),
        convertible("2025-01-01", "C-2", "hill", "SAFE", "20", trigger(favoured), pro_rata="0.1", seniority=2),
        convertible("2025-01-01", "C-3", "hill", "SAFE", "30", trigger(untimed)),
    )
    kinds = [entry for entry in found.section["classes"].values() if entry["kind"] == "safe"]
    money = {"hill_bank": 10}
    assert kinds[0] == {"kind": "safe", "title": "Safe", "holders": money}
    assert kinds[1] == {"kind": "safe", "title": "Safe", "mfn": True, "holders": {"hill_bank": 20}}
    assert (kinds[2]["cap"], kinds[2]["cap_basis"]) == (5, "post_money")
    assert list(found.section["classes"])[-3:] == ["safe", "safe_2", "safe_with_a_cap_of_5"]
    for words in ("by custom text", "right to buy in the next round", "rank behind others", "post-money is taken"):
        assert sum(words in note for note in found.notes) == 1, words


def test_a_warrant_without_a_number_is_left_out(tmp_path: Path) -> None:
    part = {"type": "FIXED_PERCENT_OF_CAPITALIZATION_CONVERSION", "converts_to_percent": "0.01"}
    more = {"purchase_price": usd("1"), "exercise_triggers": [trigger(part, "WARRANT")]}
    found = alone(tmp_path, issue("WARRANT", "2025-01-01", "W-7", "hill", **more))
    assert not any(entry["kind"] == "warrant" for entry in found.section["classes"].values())
    assert any(note.startswith("Some warrants have no number of units") and note.endswith("W-7.") for note in found.notes)


def test_ranks_and_participation_that_ocf_leaves_open(tmp_path: Path) -> None:
    content = package() | {"transactions": []}
    seed = content["stock_classes"][1]
    later = copy.deepcopy(seed) | {"id": "a", "name": "Series A", "seniority": "1.5", "participation_cap_multiple": "1"}
    del later["price_per_share"]
    content["stock_classes"] += [later, copy.deepcopy(seed) | {"id": "b", "name": "1st Series!", "seniority": "2"}]
    del content["stock_classes"][3]["participation_cap_multiple"]
    found = read(tmp_path, content)
    classes = found.section["classes"]
    assert {name: entry.get("seniority") for name, entry in classes.items() if entry["kind"] == "preferred"} == {
        "series_seed": 1,
        "series_a": 2,
        "preferred_1st_series": 3,
    }
    assert not {"price", "participation", "holders"} & set(classes["series_a"])  # a cap of the preference is no participation
    assert classes["preferred_1st_series"]["title"] == "1st Series!"
    for words in ("ranks between whole numbers", "have no participation cap", "state no price"):
        assert sum(words in note for note in found.notes) == 1, words


# What goes wrong


def without(field: str, number: int) -> Callable[[Json], None]:
    def change(content: Json) -> None:
        del content["transactions"][number][field]

    return change


def setting(group: str, number: int, **more: Any) -> Callable[[Json], None]:
    def change(content: Json) -> None:
        content[group][number] |= more

    return change


def adding(item: Json) -> Callable[[Json], None]:
    def change(content: Json) -> None:
        content["transactions"].append(item)

    return change


LOG = "Transactions.ocf.json"
REMEDY = "correct it in the program that wrote the package."
ADD = "but no issuance of it is in the log; add the issuance, or export the package again, whole."
FIRST = "TX_STOCK_ISSUANCE STOCK_ISSUANCE:CS-1"
WRONG = {
    "unknown security": (
        adding(tx("STOCK_CANCELLATION", "2025-01-01", "CS-0", quantity="1", reason_text="x")),
        f"{LOG}: TX_STOCK_CANCELLATION STOCK_CANCELLATION:CS-0 is about security 'CS-0', {ADD}",
    ),
    "closed security": (
        adding(tx("STOCK_CANCELLATION", "2025-01-01", "CS-2", quantity="1", reason_text="x")),
        f"{LOG}: TX_STOCK_CANCELLATION STOCK_CANCELLATION:CS-2 is about security 'CS-2', which is not outstanding on 2025-01-01: "
        f"not issued yet, or already closed by another transaction; {REMEDY}",
    ),
    "too much": (
        adding(tx("STOCK_CANCELLATION", "2026-06-01", "CS-5", quantity="10001", reason_text="x")),
        f"{LOG}: TX_STOCK_CANCELLATION STOCK_CANCELLATION:CS-5 takes 10001 of 'CS-5', which has 10000; {REMEDY}",
    ),
    "missing result": (
        adding(tx("STOCK_TRANSFER", "2026-06-01", "CS-5", quantity="10000", resulting_security_ids=["CS-0"])),
        f"{LOG}: TX_STOCK_TRANSFER STOCK_TRANSFER:CS-5 results in security 'CS-0', {ADD}",
    ),
    "issued twice": (
        adding(stock("2026-06-01", "CS-5", "bo", "1")),
        f"{LOG}: security 'CS-5' is issued twice; give each issuance its own id.",
    ),
    "no quantity": (
        without("quantity", 0),
        f'{LOG}: `quantity` of {FIRST} should be a number at or above zero, as a text such as "1000.00", but it is '
        f"missing; {REMEDY}",
    ),
    "negative": (
        setting("transactions", 0, quantity="-5"),
        f"{LOG}: `quantity` of {FIRST} should be a number at or above zero, as a text such as \"1000.00\", not '-5'; {REMEDY}",
    ),
    "no day": (
        setting("transactions", 0, date="soon"),
        f"{LOG}: `date` of {FIRST} should be a day such as 2026-06-30, not 'soon'; {REMEDY}",
    ),
    "unknown class": (
        setting("transactions", 0, stock_class_id="gold"),
        f"{LOG}: `stock_class_id` of {FIRST} should be the id of a stock class in the package, not 'gold'; {REMEDY}",
    ),
    "unknown holder": (
        setting("transactions", 0, stakeholder_id="zoe"),
        f"{LOG}: `stakeholder_id` of {FIRST} should be the id of a stakeholder in the package, not 'zoe'; {REMEDY}",
    ),
    "two currencies": (
        setting("transactions", 2, share_price={"amount": "1", "currency": "EUR"}, stock_class_id="a"),
        f"{LOG}: `share_price` of TX_STOCK_ISSUANCE STOCK_ISSUANCE:PS-1 is in EUR, but money before it is in USD: a cap table "
        "has one currency; restate the amount in USD.",
    ),
    "unknown transaction": (
        setting("transactions", 4, object_type="TX_STOCK_GIFT"),
        f"{LOG}: `object_type` of TX_STOCK_GIFT STOCK_RETRACTION:PS-2 should be a transaction that OCF 1.2 knows, not "
        f"'TX_STOCK_GIFT'; {REMEDY}",
    ),
    "same id": (
        setting("stakeholders", 1, id="ann"),
        f"Stakeholders.ocf.json: two objects have the id 'ann', but an id is given once; {REMEDY}",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_log_is_told_in_a_sentence(case: str, tmp_path: Path) -> None:
    change, message = WRONG[case]
    content = package()
    if case == "two currencies":  # where a class states no price, what was paid tells it
        seed = dict(content["stock_classes"][1])
        content["transactions"] = content["transactions"][:3]
        del seed["price_per_share"]
        content["stock_classes"].append(seed | {"id": "a"})
    change(content)
    with pytest.raises(ExchangeError) as caught:
        read(tmp_path, content)
    assert str(caught.value) == message


def huge(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Manifest.ocf.json", b" " * (64 * 2**20 + 1))


def many(path: Path) -> None:
    zipped(path, {f"{number}.json": "" for number in range(2_001)})


def packed(name: str, text: str, *, drop: str = "") -> Callable[[Path], None]:
    def make(path: Path) -> None:
        files = files_of(package()) | {name: text}
        files.pop(drop, None)
        zipped(path, files)

    return make


def manifest(**more: Any) -> str:
    return json.dumps(json.loads(files_of(package())["Manifest.ocf.json"]) | more)


def elsewhere(filepath: str) -> str:
    return manifest(valuations_files=[{"filepath": filepath, "md5": "0" * 32}])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no zip": (
        lambda path: path.write_text("hello"),
        "x.zip: neither a zip nor a folder; give the OCF package as it was exported.",
    ),
    "nothing": (
        lambda path: None,
        "x.zip: can't be opened (No such file or directory); give the path of an OCF zip or folder.",
    ),
    "empty folder": (
        lambda path: path.mkdir(),
        "x.zip: no Manifest.ocf.json, which every OCF package has; export the package again, whole.",
    ),
    "no manifest": (
        packed("a", "", drop="Manifest.ocf.json"),
        "x.zip: no Manifest.ocf.json, which every OCF package has; export the package again, whole.",
    ),
    "broken JSON": (
        packed("Transactions.ocf.json", '{"items": ['),
        "Transactions.ocf.json: not JSON (Expecting value: line 1 column 12 (char 11)); correct it in the program that wrote the "
        "package.",
    ),
    "deep JSON": (
        packed("Transactions.ocf.json", "[" * 100_000),
        "Transactions.ocf.json: nested deeper than any OCF file; correct it in the program that wrote the package.",
    ),
    "another file": (
        packed("Transactions.ocf.json", '{"file_type": "OCF_DOCUMENTS_FILE", "items": []}'),
        "Transactions.ocf.json: `file_type` should be OCF_TRANSACTIONS_FILE, not 'OCF_DOCUMENTS_FILE'; correct the manifest.",
    ),
    "missing file": (
        packed("a", "", drop="Valuations.ocf.json"),
        "Valuations.ocf.json: the manifest names it, but it is not in the package; export the package again, whole.",
    ),
    "member outside": (
        packed("../evil.json", "{}"),
        "'../evil.json': leads out of the package, where nothing is read; correct it in the program that wrote the package.",
    ),
    "path outside": (
        packed("Manifest.ocf.json", elsewhere("../../etc/passwd")),
        "'../../etc/passwd': leads out of the package, where nothing is read; correct it in the program that wrote the package.",
    ),
    "path from the root": (
        packed("Manifest.ocf.json", elsewhere("/etc/passwd")),
        "'/etc/passwd': leads out of the package, where nothing is read; correct it in the program that wrote the package.",
    ),
    "huge": (
        huge,
        "Manifest.ocf.json: larger than the 64 MiB that a file may have; split it in the manifest.",
    ),
    "many": (
        many,
        "x.zip: 2001 files, more than the 2000 that are read; correct it in the program that wrote the package.",
    ),
    "version": (
        packed("Manifest.ocf.json", manifest(ocf_version="2.0.0")),
        "Manifest.ocf.json: OCF version '2.0.0', but versions 1.0 to 1.2 are read; export as OCF 1.2.0.",
    ),
    "side file": (
        packed("prenup.json", '{"format": "prenup", "version": 9}'),
        "prenup.json: not as prenup 1 writes it; take the file out of the package, or export again.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_told_in_a_sentence(case: str, tmp_path: Path) -> None:
    make, message = BROKEN[case]
    make(tmp_path / "x.zip")
    with pytest.raises(ExchangeError) as caught:
        read_ocf(tmp_path / "x.zip")
    assert str(caught.value) == message


def test_a_link_out_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    for name, text in files_of(package()).items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "Valuations.ocf.json").unlink()
    (folder / "Valuations.ocf.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(ExchangeError, match="leads out of the package"):
        read_ocf(folder)


# Out


def table(*more: ExportClass) -> ExportTable:
    """A class of each kind."""
    vesting = {"from": "2025-01-01", "over": "48 months", "cliff": "12 months"}
    classes = (
        ExportClass(name="common", kind="common", title="Common", holdings={"founders": 8_000_000, "Zoë": 0.1}),
        ExportClass(
            name="series_a",
            kind="preferred",
            holdings={"fund": 2e6},
            price=1.5,
            preference=1.5,
            participation="full",
            seniority=2,
        ),
        ExportClass(
            name="Series_B",
            kind="preferred",
            price=3,
            participation="capped",
            participation_cap=3,
            conversion_ratio=1.25,
            extra={"dividend": "8%", "anti_dilution": "broad"},
        ),
        ExportClass(name="plain", kind="preferred", holdings={"fund": 5}),
        ExportClass(name="options_a", kind="options", holdings={"staff": 700_000}, strike=0.5),
        ExportClass(name="options_b", kind="options", holdings={"staff": 10}, strike=0.5, extra={"vesting": vesting}),
        ExportClass(name="pool", kind="pool", units=300_000),
        ExportClass(name="warrant", kind="warrant", holdings={"bank": 50}, strike=0.01, expires=date(2030, 1, 1)),
        ExportClass(name="profits", kind="profit_units", holdings={"managers": 1000}, extra={"threshold": 2.5}),
        ExportClass(name="safe_a", kind="safe", holdings={"angel": 5e5}, cap=8e6, cap_basis="pre_money", mfn=True, seniority=3),
        ExportClass(name="safe_b", kind="safe", holdings={"angel": 1e5}, discount=0.15),
        ExportClass(name="promised", kind="warrant", strike=9),
        ExportClass(
            name="note",
            kind="note",
            holdings={"bank": 2e5},
            cap=5e6,
            cap_basis="post_money",
            interest=0.05,
            compounding="yearly",
            since=date(2025, 9, 30),
            maturity=date(2027, 9, 30),
        ),
        *more,
    )
    return ExportTable(title="Café Óptica", currency="EUR", as_of=date(2026, 6, 30), classes=classes)


BACK: Json = {
    "common": {"kind": "common", "title": "Common", "holders": {"Zoë": 0.1, "founders": 8_000_000}},
    "series_a": {
        "kind": "preferred",
        "price": 1.5,
        "preference": 1.5,
        "participation": "full",
        "seniority": 2,
        "holders": {"fund": 2_000_000},
    },
    "Series_B": {
        "kind": "preferred",
        "price": 3,
        "preference": 1,
        "participation": "capped",
        "participation_cap": 3,
        "seniority": 1,
        "conversion_ratio": 1.25,
        "dividend": "8%",
        "anti_dilution": "broad",
    },
    "plain": {"kind": "preferred", "preference": 1, "seniority": 1, "holders": {"fund": 5}},
    "options_a": {"kind": "options", "strike": 0.5, "holders": {"staff": 700_000}},
    "options_b": {
        "kind": "options",
        "strike": 0.5,
        "holders": {"staff": 10},
        "vesting": {"from": "2025-01-01", "over": "48 months", "cliff": "12 months"},
    },
    "pool": {"kind": "pool", "units": 300_000},
    "warrant": {"kind": "warrant", "strike": 0.01, "expires": "2030-01-01", "holders": {"bank": 50}},
    "profits": {"kind": "profit_units", "threshold": 2.5, "holders": {"managers": 1000}},
    "safe_a": {
        "kind": "safe",
        "cap": 8_000_000,
        "cap_basis": "pre_money",
        "mfn": True,
        "seniority": 3,
        "holders": {"angel": 500_000},
    },
    "safe_b": {"kind": "safe", "discount": "15%", "holders": {"angel": 100_000}},
    "promised": {"kind": "warrant", "strike": 9},
    "note": {
        "kind": "note",
        "cap": 5_000_000,
        "cap_basis": "post_money",
        "interest": "5%",
        "compounding": "yearly",
        "since": "2025-09-30",
        "maturity": "2027-09-30",
        "holders": {"bank": 200_000},
    },
}


def test_out_and_back_is_the_same_table(tmp_path: Path) -> None:
    write_ocf(table(), tmp_path / "out.zip")
    found = read_ocf(tmp_path / "out.zip")
    assert found.section == {"classes": BACK}
    assert list(found.section["classes"]) == list(BACK)
    assert (found.title, found.party, found.currency) == ("Café Óptica", "cafe_optica", "EUR")


def test_other_programs_see_the_same_holdings(tmp_path: Path) -> None:
    """Without our side file the names differ, and what OCF can't say is gone, but every holding is there."""
    write_ocf(table(), tmp_path / "out")
    (tmp_path / "out" / "prenup.json").unlink()
    classes = read_ocf(tmp_path / "out").section["classes"]
    assert classes["common"]["holders"] == {"founders": 8_000_000, "zoe": 0.1}
    assert classes["series_a"]["participation"] == "full"
    assert classes["pool_at_0_5"]["holders"] == {"staff": 700_010}
    assert classes["pool_pool"]["units"] == 300_000
    assert "profits" not in classes
    money = [entry["holders"] for entry in classes.values() if entry["kind"] in ("safe", "note")]
    assert money == [{"bank": 200_000}, {"angel": 500_000}, {"angel": 100_000}]  # by day: the note is the oldest


def test_what_came_in_goes_out_and_comes_back(tmp_path: Path) -> None:
    """The section of the package written by hand, sent on."""
    first = read(tmp_path, package())

    def percent(entry: Json, key: str) -> float:
        return round(float(entry.get(key, "0%").rstrip("%")) / 100, 10)

    def day(entry: Json, key: str) -> date | None:
        return date.fromisoformat(entry[key]) if key in entry else None

    same = ("kind", "title", "price", "preference", "participation", "participation_cap", "seniority", "conversion_ratio")
    same += ("strike", "cap", "cap_basis", "mfn", "units", "compounding")
    classes = tuple(
        ExportClass(
            name=name,
            holdings=entry.get("holders", {}),
            discount=percent(entry, "discount"),
            interest=percent(entry, "interest"),
            since=day(entry, "since"),
            maturity=day(entry, "maturity"),
            expires=day(entry, "expires"),
            extra={key: entry[key] for key in ("vesting",) if key in entry},
            **{key: entry[key] for key in same if key in entry},
        )
        for name, entry in first.section["classes"].items()
    )
    sent = ExportTable(title=first.title, currency=first.currency, as_of=first.as_of, classes=classes)
    write_ocf(sent, tmp_path / "again.zip")
    assert read_ocf(tmp_path / "again.zip").section == first.section


def test_the_same_table_gives_the_same_bytes(tmp_path: Path) -> None:
    write_ocf(table(), tmp_path / "one.zip")
    write_ocf(table(), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    write_ocf(table(), tmp_path / "folder")
    write_ocf(table(), tmp_path / "folder")  # over itself
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = archive.namelist()
        assert sorted(names) == sorted(path.name for path in (tmp_path / "folder").iterdir())
        assert all(archive.read(name) == (tmp_path / "folder" / name).read_bytes() for name in names)
    assert read_ocf(tmp_path / "folder") == read_ocf(tmp_path / "one.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "one.zip", "two.zip"]


def test_what_can_not_be_carried_is_said(tmp_path: Path) -> None:
    notes = write_ocf(table(ExportClass(name="rest", kind="residual")), tmp_path / "out.zip")
    for words in (
        "Some classes are of kinds that OCF does not know; they stand in prenup.json alone: profits (profit_units), rest "
        "(residual) (2 in all).",
        "Some fields have no place in OCF; they stand in prenup.json alone: Series_B.dividend, Series_B.anti_dilution, "
        "options_b.vesting, note.cap_basis (4 in all).",
        "Some classes participate without a cap; in OCF a cap of 1,000,000 times the price stands for it: series_a.",
        "Some classes are held by nobody, which OCF can say of stock alone; they stand in prenup.json alone: promised.",
    ):
        assert words in notes


def test_a_table_that_can_not_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    write_ocf(table(), tmp_path / "out.zip")
    before = (tmp_path / "out.zip").read_bytes()
    wrong = {
        "what fund has of bad is -1, but OCF takes numbers at or above zero; correct it in the deal file.": ExportClass(
            name="bad", kind="preferred", holdings={"fund": -1}
        ),
        "class bad: its conversion ratio is 0, but has to be above zero.": ExportClass(
            name="bad", kind="preferred", conversion_ratio=0
        ),
        "the interest of bad is 1.5, but OCF takes fractions from 0 to 1; correct it in the deal file.": ExportClass(
            name="bad", kind="note", holdings={"fund": 1}, interest=1.5
        ),
    }
    for message, entry in wrong.items():
        with pytest.raises(ExchangeError, match=re.escape(message)):
            write_ocf(table(entry), tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(ExchangeError, match="holds other files than an OCF package has"):
        write_ocf(table(), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "years of work"


# The format's own rules: pyocf's models are made from the JSON Schemas of OCF 1.2.0

NUMERIC = {
    *("amount", "quantity", "numerator", "denominator", "seniority", "votes_per_share", "initial_shares_reserved"),
    *("liquidation_preference_multiple", "participation_cap_multiple", "converts_to_quantity"),
}


def strangers(given: object, known: object, where: str) -> Iterator[str]:
    """Places of fields that the format doesn't have: `known` is what its model kept of `given`."""
    if isinstance(given, dict):
        assert isinstance(known, dict)
        for key, value in given.items():
            if key not in known:
                yield f"{where}.{key} is no field"
            else:
                yield from strangers(value, known[key], f"{where}.{key}")
            if key in NUMERIC and isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]{1,10})?", value):
                yield f"{where}.{key} is no fixed-point number"
    elif isinstance(given, list):
        assert isinstance(known, list)
        for number, (one, other) in enumerate(zip(given, known, strict=True)):
            yield from strangers(one, other, f"{where}.{number}")


def faults(files: dict[str, Any]) -> list[str]:
    """What the format says against a package."""
    from pydantic import ValidationError
    from pyocf.captable import FILEMAP
    from pyocf.files.ocfmanifestfile import OCFManifestFile

    models = {f"{STEMS[group]}.ocf.json": model for group, model in FILEMAP if group in STEMS}
    models["Manifest.ocf.json"] = OCFManifestFile
    found: list[str] = []
    for name, content in files.items():
        try:
            kept = models[name].model_validate(content).model_dump(mode="json", exclude_unset=True)
        except ValidationError as fault:
            found += [f"{name}: {part['loc']} {part['msg']}" for part in fault.errors()]
        else:
            found += strangers(content, kept, name)
    return found


def written(tmp_path: Path, content: ExportTable) -> dict[str, Any]:
    write_ocf(content, tmp_path / "out")
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "out").glob("*.ocf.json")}


def test_what_is_written_is_sound_by_the_format_itself(tmp_path: Path) -> None:
    files = written(tmp_path, table())
    assert set(files) == {"Manifest.ocf.json", *(f"{stem}.ocf.json" for stem in STEMS.values())}
    assert faults(files) == []
    kinds = {item["object_type"] for content in files.values() for item in content.get("items", [])}
    issued = {f"TX_{kind}_ISSUANCE" for kind in ("STOCK", "EQUITY_COMPENSATION", "WARRANT", "CONVERTIBLE")}
    assert kinds == {"STAKEHOLDER", "STOCK_CLASS", "STOCK_PLAN"} | issued


def test_a_table_without_common_or_with_two_pools_is_sound_too(tmp_path: Path) -> None:
    every = table().classes
    few = tuple(entry for entry in every if entry.kind != "common")
    pools = (*few, ExportClass(name="pool_two", kind="pool", units=5))
    files = written(tmp_path, ExportTable(title="X", currency="USD", as_of=date(2026, 1, 1), classes=pools, country="DE"))
    assert faults(files) == []
    units = {name: entry["units"] for name, entry in read_ocf(tmp_path / "out").section["classes"].items() if "units" in entry}
    assert units == {"pool": 300_000, "pool_two": 5}


def test_our_own_package_by_hand_is_sound_and_the_check_can_fail(tmp_path: Path) -> None:
    files = {name: json.loads(text) for name, text in files_of(package()).items()}
    assert faults(files) == []
    log = files["Transactions.ocf.json"]["items"]
    log[0]["colour"] = "red"
    log[1]["quantity"] = "1e6"
    assert faults(files) == [
        "Transactions.ocf.json.items.0.colour is no field",
        "Transactions.ocf.json.items.1.quantity is no fixed-point number",
    ]
    del log[2]["stakeholder_id"]
    assert len(faults(files)) == 1
