"""The JSON Schema of deal files, made from the classes, so that an editor can complete and check what a person writes.

It is looser than prenup: whatever prenup reads, the schema lets pass. Formulas, names and units are checked by prenup alone.
Editors read YAML's numbers and yes/no as such, and dates as text; all of them are allowed where prenup takes the word.
"""

from __future__ import annotations

from typing import Any

from prenup.base.fields import REQUIRED, AbstractEntry, Spec, specs
from prenup.base.kinds import kinds
from prenup.base.quantity import STATUSES, expected
from prenup.base.units import CURRENCIES
from prenup.deal.bind_days import LONGEST_MONTHS
from prenup.deal.bind_records import MOST_CORRELATED, MOST_DATES, MOST_ITEMS
from prenup.deal.bind_values import MOST_CHANGES
from prenup.deal.from_tree import LATER, MOST_ENTRIES
from prenup.deal.model import Correlations, Party, RowEntry, Source
from prenup.deal.reference import GROUPS
from prenup.ownership.cap_table import CapTable

Schema = dict[str, Any]

_NAME = r"^[^\s0-9!-/:-@\[-^`{-~][^\s!-/:-@\[-^`{-~]*$"
_DAY = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_WORDS: Schema = {"type": ["string", "number", "boolean"]}
_UNITS = (
    "money",
    "money/yr",
    "balance",
    "money flow",
    "fraction",
    "signed fraction",
    "growth",
    "discount",
    "rate",
    "duration",
    "date",
    "number",
    "units",
    "multiple",
    "any",
)


def schema() -> Schema:
    """The schema, in draft 2020-12."""
    definitions: Schema = {
        "condition": {"description": "A date, an event, a length of time, or a formula that is yes or no.",
                      "anyOf": [{"type": ["string", "boolean"], "minLength": 1}, {"$ref": "#/$defs/stated"}]},
        "status": {"enum": list(STATUSES), "description": "How sure it is."},
        "stated": _stated(),
        "change": _change(),
    }  # fmt: skip
    definitions |= {_name_of(unit): _value(unit) for unit in _UNITS}
    for section, package in GROUPS.items():
        definitions |= {f"{section}.{kind}": _record(cls, kind) for kind, cls in kinds(package).items()}
        definitions[section] = {"oneOf": [{"$ref": f"#/$defs/{section}.{kind}"} for kind in kinds(package)]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A deal between companies, for prenup",
        "type": "object",
        "required": ["deal", "currency", "clock", "parties"],
        "additionalProperties": False,
        "properties": _sections(),
        "$defs": definitions,
    }


def _sections() -> Schema:
    """Every section of a deal file."""
    row = {"anyOf": [{"$ref": f"#/$defs/{_name_of('any')}"}, _record(RowEntry)]}
    later = {name: {"description": f"Read and kept for {use}; nothing uses it yet."} for name, use in LATER.items()}
    return {
        "deal": _head(),
        "currency": {"enum": sorted(CURRENCIES), "description": "The currency that every amount is counted in."},
        "as_of": {"description": "The day of the deal's knowledge: no source may be dated later.",
                  "anyOf": [{"type": "string", "pattern": r"^\d{4}-?\d{2}-?\d{2}$"}, {"type": "integer"}]},
        "clock": _clock(),
        "sources": _named(_record(Source), "Where the numbers come from.", names=False),
        "parties": {**_named(_record(Party), "Those who pay or receive."), "type": "object", "minProperties": 1},
        "numbers": _named({"$ref": f"#/$defs/{_name_of('any')}"}, "Numbers that formulas read by name."),
        "drivers": _named({"$ref": "#/$defs/driver"}, "What the world sets, month by month."),
        "correlations": _record(Correlations),
        "events": _named({"$ref": "#/$defs/event"}, "What may happen, once."),
        "rows": _named(row, "Equations of the deal's own."),
        "terms": _named({"$ref": "#/$defs/term"}, "What the parties agreed."),
        "cap_tables": _named(_record(CapTable), "What each party has issued, and who holds it."),
        "variants": _named(_variant(), "What could be different: sets of changes.", names=False),
        "outcomes": {"description": "What happened later: facts, and sets of changes that no other part of the deal sees."},
        **later,
    }  # fmt: skip


def _head() -> Schema:
    sentences = {"type": "array", "items": _WORDS}
    fields = {
        "title": {**_WORDS, "description": "What the deal is called."},
        "summary": {**_WORDS, "description": "What it is about, in a few sentences."},
        "units": {**sentences, "description": "What the deal counts besides money, shares and years, such as gpu_hour."},
        "not_modelled": {**sentences, "description": "What the file leaves out, in sentences."},
    }
    described = "The deal's title, or its title with a summary."
    return {"description": described, "anyOf": [_WORDS, {"type": "object", "additionalProperties": False, "properties": fields}]}


def _clock() -> Schema:
    day = {"anyOf": [{"type": "string", "pattern": r"^\d{4}"}, {"type": "integer", "minimum": 1900, "maximum": 9999}]}
    months = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": LONGEST_MONTHS}, {"type": "string", "pattern": r"^\d+$"}]}
    return {
        "description": "Which months are looked at: from a day on, for a number of months or until another day.",
        "type": "object",
        "required": ["from"],
        "additionalProperties": False,
        "properties": {"from": day, "months": months, "until": day},
        "oneOf": [{"required": ["months"]}, {"required": ["until"]}],
    }


def _named(entry: Schema, described: str, *, names: bool = True) -> Schema:
    """A section of named entries; it may be left empty."""
    section: Schema = {
        "description": described, "type": ["object", "null"], "additionalProperties": entry, "maxProperties": MOST_ENTRIES,
    }  # fmt: skip
    return section | ({"propertyNames": {"pattern": _NAME}} if names else {})


def _variant() -> Schema:
    fields = {
        "title": {**_WORDS, "description": "What people call it."},
        "note": {**_WORDS, "description": "What a reader should know of it."},
        "change": {"type": "object", "description": "What each dotted path becomes; nothing takes it out."},
    }
    return {"type": "object", "required": ["change"], "additionalProperties": False, "properties": fields}


def _name_of(unit: str) -> str:
    """The definition of values in a unit: no sign in it that means something in a reference."""
    return "value." + unit.replace("/", "_a_").replace(" ", "_")


def _value(unit: str) -> Schema:
    """A number or a formula in one of the units that fields have."""
    wanted = expected(unit, "USD")
    number: Schema = {"type": "number"}
    if wanted.noun == "a length of time":
        number = {"const": 0}
    elif unit == "date":
        number = {"not": {}}
    if wanted.least is not None and wanted.noun != "a length of time":
        number["minimum"] = wanted.least
    highest = min((m for m in (wanted.most, wanted.bare_most) if m is not None), default=None)
    if highest is not None:
        number["maximum"] = highest
    return {
        "description": f"{wanted.noun[0].upper()}{wanted.noun[1:]}, such as {wanted.example}, or a formula.",
        "anyOf": [number, {"type": "string", "pattern": r"\S"}, {"type": "boolean"}, {"$ref": "#/$defs/stated"}],
    }


def _stated() -> Schema:
    """A value with where it comes from."""
    fields: Schema = {
        "value": {**_WORDS, "description": "The number, or a formula."},
        "range": {**_WORDS, "description": "What we do not know: 15% to 25% is a 90 % interval."},
        "source": {**_WORDS, "description": "Which of the deal's sources says so."},
        "status": {"$ref": "#/$defs/status"},
        "note": {**_WORDS, "description": "What a reader should know; for assumed, the reason."},
        "then": {"type": "array", "minItems": 1, "maxItems": MOST_CHANGES, "items": {"$ref": "#/$defs/change"},
                 "description": "What it becomes from a date, an event or a condition on."},
    }  # fmt: skip
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": fields,
        "anyOf": [{"required": ["value"]}, {"required": ["range"]}],
        "allOf": _provenance(),
    }


def _change() -> Schema:
    stated = _stated()
    fields = {key: value for key, value in stated["properties"].items() if key != "then"}
    return {**stated, "required": ["from"], "properties": {"from": {"type": ["string", "boolean"]}, **fields}}


def _provenance() -> list[Schema]:
    """An assumption has its reason, everything else its source."""
    sourced = [status for status in STATUSES if status != "assumed"]
    return [
        {"if": {"properties": {"status": {"const": "assumed"}}, "required": ["status"]}, "then": {"required": ["note"]}},
        {"if": {"properties": {"status": {"enum": sourced}}, "required": ["status"]}, "then": {"required": ["source"]}},
    ]


def _record(cls: type, kind: str = "") -> Schema:
    """A class whose fields are declared; `kind` is the word that tells it from others."""
    fields: Schema = {"kind": {"const": kind}} if kind else {}
    fields |= {word: _field(spec) for _, word, spec in specs(cls)}
    needed = ["kind"] if kind else []
    needed += [word for _, word, spec in specs(cls) if spec.default is REQUIRED]
    record: Schema = {"type": "object", "additionalProperties": False, "properties": fields}
    if cls.__doc__:
        record["description"] = cls.__doc__.strip().splitlines()[0]
    if needed:
        record["required"] = needed
    if issubclass(cls, AbstractEntry):
        record["allOf"] = _provenance()
    return record


def _field(spec: Spec) -> Schema:
    """One field, with what it means and what holds if it is left out."""
    field: Schema = {"description": spec.doc, **_shape(spec)}
    if isinstance(spec.default, str | bool) and spec.default != "":
        field["default"] = spec.default
    return field


def _shape(spec: Spec) -> Schema:
    if spec.what == "value":
        return {"$ref": f"#/$defs/{_name_of(spec.unit)}"}
    if spec.what == "condition":
        return {"$ref": "#/$defs/condition"}
    if spec.what == "choice":
        return {"enum": [option for option in spec.options if option]}
    if spec.what == "flag":
        return {"enum": [True, False, "yes", "no", "on", "off", "true", "false"]}
    if spec.what == "names":
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": MOST_ITEMS}]}
    if spec.what == "matrix":
        line = {"type": "array", "items": {"type": ["number", "string"]}, "maxItems": MOST_CORRELATED}
        return {"type": "array", "minItems": 1, "maxItems": MOST_CORRELATED, "items": line}
    if spec.what == "dated":
        return {"type": "object", "minProperties": 1, "maxProperties": MOST_DATES, "propertyNames": {"pattern": _DAY},
                "additionalProperties": {"$ref": f"#/$defs/{_name_of(spec.unit)}"}}  # fmt: skip
    if spec.what == "kinds":
        group = next(group for group, package in GROUPS.items() if package == spec.keys)
        return {"type": "object", "minProperties": 1, "maxProperties": MOST_ITEMS, "propertyNames": {"pattern": _NAME},
                "additionalProperties": {"$ref": f"#/$defs/{group}"}}  # fmt: skip
    return _inside(spec) if spec.what in ("record", "items", "table") else {**_WORDS}


def _inside(spec: Spec) -> Schema:
    """An entry inside an entry, a list of them, or a table of them or of values."""
    inner = _record(spec.of) if spec.of is not None else {"$ref": f"#/$defs/{_name_of(spec.unit)}"}
    if spec.what == "record":
        return inner
    if spec.what == "items":
        return {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": inner}
    most = spec.most or MOST_ITEMS
    return {"type": "object", "minProperties": 1, "maxProperties": most, "additionalProperties": inner}
