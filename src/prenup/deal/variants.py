"""A variant is the same deal with some of its words changed: patches on the tree, read again as a deal."""

from __future__ import annotations

from prenup.base.problems import Log, Origin, Text, nearest
from prenup.deal.from_tree import from_tree
from prenup.deal.model import Deal
from prenup.deal.patches import patched
from prenup.deal.tree import Mapping, at


def with_variant(deal: Deal, name: str, log: Log) -> Deal | None:
    """The deal under one of its variants, or under what happened later, if `outcomes` says what that changes.

    None, with problems in the log, where there is none or it has faults.
    """
    known = {**deal.outcomes, **deal.variants}
    section = "variants" if name in deal.variants else "outcomes"
    change = at(deal.tree, (section, name, "change"))
    if name not in known or not isinstance(change, Mapping):
        close = nearest(name, known)
        place = Origin(Text("<variant>", name), 1, 1, max(1, len(name)))
        log.add(
            "D306",
            f"the deal has no variant {name}",
            place,
            why=f"it has {', '.join(known) or 'none'}",
            fix=f"use {close}" if close else "use one of its variants",
        )
        return None
    return with_changes(deal, change, log)


def with_changes(deal: Deal, changes: Mapping, log: Log) -> Deal | None:
    """The deal with the changes of a mapping of dotted paths; None, with problems in the log, where it has faults."""
    tree = patched(deal.tree, changes, log)
    return None if log.n_errors else from_tree(tree, deal.name, log, variants=False)
