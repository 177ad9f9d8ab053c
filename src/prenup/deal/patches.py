"""Changes to a deal as its file says them: each dotted path set to something else, taken out, or changed from a day on."""

from __future__ import annotations

from prenup.base.problems import Log, nearest
from prenup.deal.tree import Mapping, Node, Scalar, Sequence, at, replaced


def patched(tree: Node, changes: Mapping, log: Log) -> Node:
    """The tree with each dotted path set to what is given; an empty value removes what stood there.

    A change written `{value: 60%, from: restructuring}` begins at that event or date, inside each path of the run. A path
    that leads nowhere is a problem in the log, at the path, and leaves the tree as it was.
    """
    for key, node in changes.entries:
        steps = tuple(key.text.split("."))
        here = at(tree, steps)
        value: Node | None = None if isinstance(node, Scalar) and node.empty else node
        if value is None and here is None:
            parent = at(tree, steps[:-1])
            close = nearest(steps[-1], parent.keys()) if isinstance(parent, Mapping) else None
            log.add(
                "D120",
                f"{key.text} can't be taken out: the deal does not have it",
                key.where,
                why="a change says what it changes",
                fix=f"write {'.'.join((*steps[:-1], close))}" if close else "check the path, or leave this change out",
            )
            continue
        if isinstance(node, Mapping) and node.get("from") is not None and here is not None and _is_number(node):
            value = _later(here, node, key, log)
            if value is None:
                continue
        tree = replaced(tree, steps, value, log, key.where)
    return tree


def _is_number(node: Mapping) -> bool:
    """Whether a mapping gives a value, not an entry or a record that happens to have a `from` of its own."""
    return "value" in node or "range" in node


def _later(base: Node, change: Mapping, key: Scalar, log: Log) -> Node | None:
    """What stands there now, with one more change to come."""
    step = Sequence((change,), change.where)
    if isinstance(base, Scalar):
        return Mapping(((_word("value", base), base), (_word("then", change), step)), base.where)
    if isinstance(base, Mapping) and _is_number(base) and "kind" not in base:
        known = base.get("then")
        steps = Sequence((*known.items, change), change.where) if isinstance(known, Sequence) else step
        others = tuple((k, v) for k, v in base.entries if k.text != "then")
        return Mapping((*others, (_word("then", change), steps)), base.where)
    log.add(
        "D122",
        f"{key.text} is not one value, so it can't change on the way",
        key.where,
        why="from: lets a value change at a date or an event, not a whole entry",
        fix=f"name one of its fields, such as {key.text}.{_first_field(base)}, or leave out from:",
        related=((f"{key.text} stands at", base.where),),
    )
    return None


def _first_field(base: Node) -> str:
    """A field that could change on the way, for the example in the remedy."""
    if isinstance(base, Sequence):
        return "0"
    assert isinstance(base, Mapping)
    words = [
        key.text for key, _ in base.entries if key.text not in ("kind", "payer", "payee", "title", "note", "source", "status")
    ]
    return words[0] if words else "rate"


def _word(word: str, near: Node) -> Scalar:
    return Scalar(word, near.where)
