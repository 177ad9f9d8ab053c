"""Published examples of risk-adjusted value, through deal files and the public interface; their traps stay out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import prenup

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def means(case: Any, **settings: int) -> dict[str, float]:
    """The owner's mean by clause and in total, in millions."""
    values = case.run(**settings).values()
    return {clause: mean / 1e6 for clause, mean in zip(values["clause"], values["mean"], strict=True)}


def test_present_values_of_flows_with_a_probability() -> None:
    data = example("rnp-02")
    found = means(prenup.load_text(data["deal"]), paths=16, views=1)
    assert found.pop("total") == pytest.approx(data["total_m"], rel=1e-6)
    assert found == pytest.approx(data["present_values_m"], rel=1e-6)
    for year, wrong in data["printed_wrongly_m"].items():
        assert found[year] != pytest.approx(wrong, rel=0.04), f"{year} is the figure that was printed wrongly"


def test_the_same_flows_where_the_drug_fails_or_not() -> None:
    data = example("rnp-02")
    run = prenup.load_text(data["by_chance"]).run(paths=16_384, views=1)
    total = run.summary("owner")
    assert total.error < 0.01 * total.mean
    assert total.mean / 1e6 == pytest.approx(data["total_m"], abs=4 * total.error / 1e6, rel=1e-3)
    assert total.median == 0.0
    worths = run.worth("owner") / 1e6
    assert worths.max() == pytest.approx(data["total_m"] / 0.15, rel=1e-6), "on a path the drug fails or not"


@pytest.mark.parametrize("at", range(3))
def test_value_is_linear_in_probability_where_cost_is_inside_success(at: int) -> None:
    data = example("rnp-03")
    case = prenup.load_text(data["inside"]).change({"events.success.probability": data["probabilities"][at]})
    assert means(case, paths=65_536, views=1)["total"] == pytest.approx(data["rnpv_m"][at], rel=2e-3)


def test_value_is_not_linear_where_a_cost_comes_first() -> None:
    data = example("rnp-03")
    case = prenup.load_text(data["staged"])
    found = [means(case.change({"events.success.probability": p}), paths=65_536, views=1)["total"] for p in data["probabilities"]]
    assert found == pytest.approx(data["staged_m"], rel=2e-3)
    for value, linear in zip(found, data["rnpv_m"], strict=True):
        assert value != pytest.approx(linear, rel=0.1), "a cost that is paid for certain was taken for one of success"
    assert found[2] / found[0] != pytest.approx(5 / 3, rel=0.1)
