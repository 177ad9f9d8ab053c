"""A variant is the same deal with some of its words changed: patches on the tree, read again as a deal."""

from __future__ import annotations

from collections.abc import Mapping as MappingType

from prenup.base.problems import Log, nearest
from prenup.deal.from_tree import from_tree
from prenup.deal.model import Deal
from prenup.deal.tree import Mapping, Node, Scalar, Sequence, at, replaced


def with_variant(deal: Deal, name: str, log: Log) -> Deal | None:
    """The deal under one of its variants; None, with problems in the log, where there is none or it has faults."""
    variant = deal.variants.get(name)
    if variant is None:
        close = nearest(name, deal.variants)
        log.add("D306", f"the deal has no variant {name}", None, why=f"it has {', '.join(deal.variants) or 'none'}",
                fix=f"use {close}" if close else "use one of its variants")
        return None
    return with_changes(deal, variant.change, log)


def with_changes(deal: Deal, changes: MappingType[str, Node], log: Log) -> Deal | None:
    """The deal with each dotted path set to what is given; an empty value removes what stood there.

    A change written `{value: 60%, from: restructuring}` begins at that event or date, inside each path.
    """
    tree = deal.tree
    for path, node in changes.items():
        place = node.where
        steps = tuple(path.split("."))
        value: Node | None = None if isinstance(node, Scalar) and node.empty else node
        if isinstance(node, Mapping) and node.get("from") is not None and at(tree, steps) is not None and "kind" not in node:
            value = _later(at(tree, steps), node, path, log)
            if value is None:
                continue
        elif value is None and at(tree, steps) is None:
            log.add("D120", f"{path} can't be removed: it is not in the deal", place, why="a change says what it changes",
                    fix="check the path")
            continue
        tree = replaced(tree, steps, value, log, place)
    if log.errors:
        return None
    return from_tree(tree, deal.name, log)


def _later(base: Node | None, change: Mapping, path: str, log: Log) -> Node | None:
    """What stands there now, with one more change to come."""
    step = Sequence((change,), change.where)
    if isinstance(base, Scalar):
        return Mapping(((_key("value", base), base), (_key("then", change), step)), base.where)
    if isinstance(base, Mapping) and ("value" in base or "range" in base) and "kind" not in base:
        known = base.get("then")
        steps = Sequence((*known.items, change), change.where) if isinstance(known, Sequence) else step
        others = tuple((k, v) for k, v in base.entries if k.text != "then")
        return Mapping((*others, (_key("then", change), steps)), base.where)
    log.add("D122", f"{path} is not one number, so it can't change on the way", change.where,
            why="only a field with a value can change at an event", fix="change its fields one by one")
    return None


def _key(word: str, near: Node) -> Scalar:
    return Scalar(word, near.where)
