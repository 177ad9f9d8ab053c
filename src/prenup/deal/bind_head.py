"""The head of a deal file: what the deal is called, what it counts, in which currency, and what it leaves out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prenup.base.problems import LONGEST_NAME, Log, nearest
from prenup.base.units import CURRENCIES, FRACTION_WORDS, SCALE_WORDS, TIME_WORDS
from prenup.base.wording import shortened
from prenup.deal.bind_provenance import word_of
from prenup.deal.tree import Mapping, Scalar, Sequence

_FIELDS = ("title", "summary", "units", "not_modelled")
_UNIT = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands under `deal:` and `currency:`; empty where the file says nothing."""

    title: str
    summary: str
    units: tuple[str, ...]
    not_modelled: tuple[str, ...]
    currency: str


def read_head(tree: Mapping, log: Log) -> Head:
    """The head of a file; faults are problems in the log, and what could not be read is empty."""
    currency = _currency(tree, log)
    head = tree.get("deal")
    if isinstance(head, Mapping):
        for key, _ in head.entries:
            if key.text not in _FIELDS:
                close = nearest(key.text, _FIELDS)
                log.add(
                    "D202",
                    f"deal has no field {shortened(key.text)}",
                    key.where,
                    why=f"it has {', '.join(_FIELDS)}",
                    fix=f"write {close}" if close else "take it out",
                )
        words = {key: word_of(head, key, log) for key in ("title", "summary")}
        return Head(words["title"], words["summary"], _names(head, "units", log), _names(head, "not_modelled", log), currency)
    if head is None:
        log.add(
            "D203",
            "the file has no deal: section",
            tree.where,
            why="a deal has a name",
            fix="add deal: and its name as the first line",
        )
    elif not isinstance(head, Scalar) or head.empty:
        log.add(
            "D204", "deal is a name, or title and summary", head.where, why="a deal has a name", fix="write deal: and its name"
        )
    return Head(head.text if isinstance(head, Scalar) else "", "", (), (), currency)


def _names(head: Mapping, key: str, log: Log) -> tuple[str, ...]:
    """A list of words or sentences of the head."""
    node = head.get(key)
    if node is None:
        return ()
    items = [item for item in node.items if isinstance(item, Scalar) and not item.empty] if isinstance(node, Sequence) else []
    if not isinstance(node, Sequence) or len(items) != len(node.items):
        log.add(
            "D204",
            f"{key} is a list of words or sentences",
            node.where,
            why="each stands for itself",
            fix=f"write {key}: [first, second]",
        )
        return ()
    return tuple(item.text for item in items if key != "units" or _is_unit(item, log))


def _is_unit(word: Scalar, log: Log) -> bool:
    """Whether a word can be a unit of the deal; a problem otherwise."""
    taken = word.text in TIME_WORDS or word.text in CURRENCIES or word.text in SCALE_WORDS or word.text in FRACTION_WORDS
    if not taken and _UNIT.fullmatch(word.text) and len(word.text) <= LONGEST_NAME:
        return True
    log.add(
        "D214",
        f"{shortened(word.text)} can't be a unit",
        word.where,
        why="it already means something after a number" if taken else "it has to be one word after a number",
        fix="take it out" if taken else "use letters, digits and _, a letter first: gpu_hour",
    )
    return False


def _currency(tree: Mapping, log: Log) -> str:
    """The currency that the deal counts in; US dollars, with a problem in the log, where it does not say."""
    node = tree.get("currency")
    text = node.text if isinstance(node, Scalar) else ""
    if text in CURRENCIES:
        return text
    close = nearest(text.upper(), CURRENCIES)
    unknown = f"{shortened(text) or 'what stands here'} is not a currency that prenup knows"
    log.add(
        "D216",
        "the file has no currency: section" if node is None else unknown,
        tree.where if node is None else node.where,
        why="amounts are counted in one currency",
        fix=f"write currency: {close}" if close else "write its ISO code, such as currency: USD or currency: EUR",
    )
    return "USD"
