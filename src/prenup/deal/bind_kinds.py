"""Which kind an entry of a deal file is: as it says, or a problem that says which kinds would fit it."""

from __future__ import annotations

from prenup.base.fields import REQUIRED, AbstractEntry, specs
from prenup.base.kinds import kinds
from prenup.base.problems import Log, nearest
from prenup.base.wording import shortened
from prenup.deal.tree import Mapping, Node, Scalar


def kind_of(key: Scalar, node: Node, package: str, noun: str, log: Log) -> type[AbstractEntry] | None:
    """The class of an entry that says its kind; None, with a problem, where it says none, or one that does not exist."""
    known = kinds(package)
    kind = node.get("kind") if isinstance(node, Mapping) else None
    if isinstance(kind, Scalar) and kind.text in known:
        return known[kind.text]
    why = f"known kinds: {', '.join(known)}"
    if not isinstance(node, Mapping):
        said = node.text if isinstance(node, Scalar) and node.text in known else nearest(key.text, known)
        word = said or next(iter(known))
        log.add(
            "D204",
            f"{key.text} is not written as fields with values",
            node.where,
            why=why,
            fix=f"write {key.text}: {{kind: {word}, ...}}",
        )
    elif isinstance(kind, Scalar) and not kind.empty:
        close = nearest(kind.text, known)
        log.add(
            "D220",
            f"no kind of {noun} is called {shortened(kind.text)}",
            kind.where,
            why=why,
            fix=f"write kind: {close}" if close else "write one of the known kinds",
        )
    else:
        fitting = [word for word, cls in known.items() if _fits(cls, node)]
        log.add(
            "D220",
            f"{key.text} does not say its kind",
            key.where,
            why=why,
            fix=f"add kind: {' or kind: '.join(fitting[:3])}" if fitting else "add kind: and one of the known kinds",
        )
    return None


def singular(path: str) -> str:
    """What one entry of a section is called: `class` for `classes`, `term` for `terms`."""
    word = path.rsplit(".", 1)[-1]
    return word.removesuffix("es") if word.endswith("ses") else word.removesuffix("s")


def _fits(cls: type, node: Mapping) -> bool:
    """Whether an entry has all the fields that a kind needs, and no others than it has."""
    known = {word: spec.default is REQUIRED for _, word, spec in specs(cls)}
    given = set(node.keys()) - {"kind"}
    return given <= set(known) and all(word in given for word, needed in known.items() if needed)
