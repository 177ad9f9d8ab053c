"""A cap table of 200 holders and 12 classes, an exit on every path: what a run takes, its answer checked another way first."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

HOLDERS = 200
PATHS = 16_384
KINDS = ("none", "capped", "full")


def deal() -> str:
    """Two classes of common, seven of preferred of all participations and ranks with dividends, three of options."""
    lines = [
        "deal: A crowded table",
        "currency: USD",
        "clock: {from: 2025-01-01, months: 120}",
        "parties: {company: {discount: 10%}, fund: {discount: 12%}, buyer: {discount: 8%}}",
        "drivers: {worth: {kind: gbm, start: $300m, drift: 5%, volatility: 50%}}",
        "events: {sold: {kind: hazard, rate: 40%}}",
        "cap_tables:",
        "  company:",
        "    classes:",
    ]
    for number in range(12):
        names = [f"h{i}: {1_000 + i}" for i in range(number, HOLDERS - 1, 12)]
        holders = f"holders: {{{', '.join(['fund: 10000', *names])}}}"
        if number < 2:
            lines.append(f"      c{number}: {{kind: common, {holders}}}")
        elif number < 9:
            kind = KINDS[number % 3]
            cap = "participation_cap: 3x, " if kind == "capped" else ""
            terms = f"price: ${100 * number}, participation: {kind}, {cap}seniority: {number // 2}, dividend: 8%"
            lines.append(f"      c{number}: {{kind: preferred, {terms}, {holders}}}")
        else:
            lines.append(f"      c{number}: {{kind: options, strike: ${50 * number}, {holders}}}")
    lines += ["    actions:", "      sale: {kind: exit, on: sold or date >= 2034-12-31, value: worth, payer: buyer}"]
    return "\n".join(lines) + "\n"


def measure(rounds: int) -> dict[str, Any]:
    """Seconds to load and to run, native and by the referee, after the payouts were checked on every path."""
    from prenup.case import load_text

    begin = time.perf_counter()
    case = load_text(deal())
    loaded = time.perf_counter() - begin
    _checked(case)
    found: dict[str, Any] = {"holders": HOLDERS, "classes": 12, "paths": PATHS, "load": round(loaded, 3)}
    for engine, times in (("native", rounds), ("reference", rounds)):
        taken = []
        for _ in range(times):
            begin = time.perf_counter()
            case.run(paths=PATHS, engine=engine)
            taken.append(time.perf_counter() - begin)
        ranked = sorted(taken)
        found[engine] = {"low": ranked[0], "median": ranked[len(ranked) // 2], "high": ranked[-1]}
    return found


def _checked(case: Any) -> None:
    """What classes are paid is what the waterfall in NumPy pays, on every path, and in sum the proceeds."""
    from prenup.ownership.waterfall import Line, payouts

    classes = case.deal.cap_tables["company"].classes
    parts = ("preference", "shares", "strike", "cap", "converts")
    rows = [f"company.sale.kept.{name}.{part}" for name in classes for part in parts]
    rows = [row for row in rows if row in case.sheet.rows]
    paid = [f"company.sale.paid.{name}" for name in classes]
    run = case.run(paths=2_048, keep=[*paid, *rows, "company.sale.kept.proceeds"])
    last = {row: run.filled.series[row][-1] if row in run.filled.series else run.filled.finals[row] for row in (*paid, *rows)}
    proceeds = run.filled.series["company.sale.kept.proceeds"][-1]
    lines = []
    for name, entry in classes.items():
        units = float(sum(amount.value for amount in entry.holders.values()))
        given = {part: last[f"company.sale.kept.{name}.{part}"] for part in parts if f"company.sale.kept.{name}.{part}" in last}
        if entry.kind == "common":
            given["shares"] = units
        elif entry.kind == "options":
            given |= {"shares": units, "strike": entry.strike.value}
        elif entry.participation == "full":
            given["shares"] = units
        else:
            given |= {"converts": units, **({"shares": units} if entry.participation == "capped" else {})}
            if entry.participation == "capped" and "cap" not in given:
                given["cap"] = units * entry.price.value * entry.participation_cap.value
        rank = round(entry.seniority.value) if entry.kind == "preferred" else 0
        lines.append(Line(name, seniority=rank, **given))
    wanted = payouts(lines, proceeds)
    for name, amounts in zip(classes, wanted, strict=True):
        np.testing.assert_allclose(last[f"company.sale.paid.{name}"], amounts, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(sum(last[row] for row in paid), proceeds, rtol=1e-12)
