"""The reference pages and the starter: made from the classes, complete, and a deal that runs."""

from __future__ import annotations

import pytest

import prenup
from prenup.base.fields import REQUIRED, specs
from prenup.base.kinds import kinds
from prenup.deal.from_tree import LATER, SECTIONS
from prenup.deal.reference import GROUPS, reference
from prenup.deal.starter import STARTER

KINDS = [pytest.param(group, kind, cls, id=kind) for group, package in GROUPS.items() for kind, cls in kinds(package).items()]


@pytest.mark.parametrize(("group", "kind", "cls"), KINDS)
def test_every_kind_has_its_page(group: str, kind: str, cls: type) -> None:
    page = reference(kind)
    assert (page.kind, page.group) == (kind, group)
    assert page.first_line.endswith(".")
    first = {"term": ["Money flow"], "driver": ["Path"], "event": ["Path"]}.get(group, [])
    if group == "action" and "Money flow" in page.sections:
        first = ["Money flow"]
    assert list(page.sections) == [*first, "Equations", "Example", "Not modelled", "Source"]
    assert all(body and not body.startswith((" ", "\n")) for body in page.sections.values())
    lines = {line.name: line for line in page.fields}
    assert len(lines) == len(page.fields)
    for _, word, spec in specs(cls):
        assert lines[word].meaning == spec.doc
        assert (lines[word].default == "") == (spec.default is REQUIRED)
        assert lines[word].type


def test_a_page_begins_with_who_pays_whom_and_ends_with_what_all_entries_have() -> None:
    names = [line.name for line in reference("royalty").fields]
    assert names[:2] == ["payer", "payee"]
    assert names.index("of") < names.index("every") < names.index("title")
    assert names[-4:] == ["title", "note", "source", "status"]
    assert "step_down.after" in names


def test_a_kind_that_does_not_exist_has_no_page() -> None:
    with pytest.raises(KeyError):
        reference("prenup")


def test_the_starter_is_complete_and_runs() -> None:
    case = prenup.load_text(STARTER, "starter")
    assert not case.deal.warnings
    assert 60 <= len(STARTER.splitlines()) <= 90
    assert {key.text for key, _ in case.deal.tree.entries} == set(SECTIONS) - set(LATER) - {
        "correlations",
        "cap_tables",
        "outcomes",
    }  # type: ignore[union-attr]
    for name in ("", *case.deal.variants):
        run = (case.variant(name) if name else case).run(paths=64, views=8)
        assert run.n_unsound == 0


def test_every_section_of_the_starter_has_a_word_above_or_beside_it() -> None:
    lines = STARTER.splitlines()
    for number, line in enumerate(lines):
        if line.partition(":")[0] in set(SECTIONS) - {"deal", "currency", "as_of", "clock"}:
            assert lines[number - 1].startswith("# "), line
