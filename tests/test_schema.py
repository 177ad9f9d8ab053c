"""The JSON Schema of deal files: it lets everything pass that prenup reads, and stops what is plainly wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from prenup.base.kinds import kinds
from prenup.deal.from_tree import SECTIONS
from prenup.deal.schema import schema
from prenup.deal.starter import STARTER
from tests.fuzz import SAMPLE

TESTS = Path(__file__).parent


class Loader(yaml.SafeLoader):
    """What an editor makes of a file: numbers and true/false as such, dates as text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.rpartition(":")[2] not in ("timestamp", "bool")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))  # YAML 1.2: yes and on are text


def as_editors_read(text: str) -> Any:
    return _named_by_text(yaml.load(text, Loader))


def _named_by_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _named_by_text(item) for key, item in value.items()}
    return [_named_by_text(item) for item in value] if isinstance(value, list) else value


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def good_deals() -> Iterator[Any]:
    yield pytest.param(SAMPLE, id="sample")
    yield pytest.param(STARTER, id="starter")
    for path in sorted((TESTS.parent / "deals").glob("*.yaml")):
        yield pytest.param(path.read_text(encoding="utf-8"), id=path.stem)
    for path in sorted((TESTS / "cases").rglob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(entry["deal"], id=f"{path.stem}: {entry['name']}")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert set(schema()["properties"]) == set(SECTIONS)


@pytest.mark.parametrize("text", list(good_deals()))
def test_what_prenup_reads_passes(text: str) -> None:
    faults = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator().iter_errors(as_editors_read(text))]
    assert not faults, "\n".join(faults)


BAD = (
    "D202-no-such-field", "D203-field-missing", "D204-list-for-a-value", "D204-clause-without-fields",
    "D204-party-without-fields", "D207-percent-sign-missing", "D207-growth", "D207-discount", "D212-no-such-choice",
    "D214-not-a-name", "D215-no-such-section", "D216-no-currency", "D216-dollars", "D217-no-clock",
    "D217-clock-too-long", "D218-no-parties", "D218-terms-as-a-list", "D218-variant-without-changes", "D220-no-kind",
    "D220-no-such-kind", "D223-too-many", "D401-no-such-status", "D402-assumed-without-a-reason",
    "D403-reported-by-nobody", "D206-no-unit-of-time", "D213-not-a-date", "D203-no-value",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_plainly_wrong_does_not(name: str) -> None:
    text = (TESTS / "bad" / f"{name}.yaml").read_text(encoding="utf-8")
    assert not validator().is_valid(as_editors_read(text))


def test_every_kind_is_in_it_with_its_fields_described() -> None:
    definitions = schema()["$defs"]
    for section, package in (("term", "prenup.terms"), ("driver", "prenup.drivers"), ("event", "prenup.drivers.events")):
        for kind in kinds(package):
            found = definitions[f"{section}.{kind}"]
            assert found["properties"]["kind"] == {"const": kind}
            assert found["description"].endswith(".")
            assert all(field.get("description") for word, field in found["properties"].items() if word != "kind")
