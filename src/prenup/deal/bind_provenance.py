"""Where a number or a clause comes from: its source, how sure it is, and a word about it, checked against the deal."""

from __future__ import annotations

from collections.abc import Collection

from prenup.base.problems import Log, nearest
from prenup.base.quantity import STATUSES, Provenance
from prenup.base.wording import shortened
from prenup.deal.tree import Mapping, Scalar


def read_provenance(node: Mapping, noun: str, sources: Collection[str], log: Log) -> Provenance:
    """source, status and note of an entry, checked against the sources of the deal."""
    words = {key: word_of(node, key, log) for key in ("source", "status", "note")}
    status, source = words["status"], words["source"]
    place = node.get("status") or node.get("source") or node
    if status and status not in STATUSES:
        close = nearest(status, STATUSES)
        log.add(
            "D401",
            f"{shortened(status)} is not a status",
            place.where,
            why=f"a status is one of {', '.join(STATUSES)}",
            fix=f"write {close or 'one of them'}",
        )
    if status == "assumed" and not words["note"]:
        log.add(
            "D402",
            f"an assumed {noun} needs a note with the reason",
            place.where,
            why="an assumption is worth as much as its reason",
            fix="add note: and why you assume it",
        )
    if status in ("confirmed", "reported", "estimated") and not source:
        article = "an" if status == "estimated" else "a"
        log.add(
            "D403",
            f"{article} {status} {noun} needs a source",
            place.where,
            why="a reader has to be able to check it",
            fix="add source: with a name from sources:, or write status: assumed with a note",
        )
    if source and source not in sources:
        close = nearest(source, sources)
        log.add(
            "D404",
            f"no source is called {shortened(source)}",
            (node.get("source") or node).where,
            why="a reader has to be able to check it",
            fix=f"write {close}" if close else f"add {shortened(source)} under sources:",
        )
    return Provenance(source, status, words["note"])


def word_of(node: Mapping, key: str, log: Log) -> str:
    """The text of one field; empty where there is none, and where it is no text, which is a problem."""
    item = node.get(key)
    if item is None or isinstance(item, Scalar):
        return item.text if item else ""
    log.add(
        "D204",
        f"{key} is words, not a list or a mapping",
        item.where,
        why="it is shown as it is",
        fix="write it on one line, in quotes if it holds a colon",
    )
    return ""
