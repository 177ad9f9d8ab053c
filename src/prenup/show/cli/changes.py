"""Changes given on the command line: `--set PATH=VALUE`, where the value is written as in a deal file."""

from __future__ import annotations

from prenup.base.problems import Log, Origin, Text
from prenup.case import Case
from prenup.deal.read_yaml import read_yaml
from prenup.deal.tree import Node


def changed(case: Case, sets: tuple[str, ...]) -> Case:
    """The case with every `PATH=VALUE` applied. Raises DealError where one can't be."""
    log = Log()
    nodes: dict[str, Node] = {}
    for given in sets:
        path, sign, value = given.partition("=")
        text = Text("--set", given)
        if not sign or not path.strip():
            log.add("D123", f"{given} is not PATH=VALUE", Origin(text, 1, 1, max(1, len(given))),
                    why="a change says which field becomes what", fix="write --set terms.rev_share.rate=10%")
            continue
        # The value keeps its place in what was typed, so that an error points at it.
        node = read_yaml(Text("--set", f"{path.strip()}: {value.strip()}"), log)
        if node is not None and hasattr(node, "entries") and node.entries:
            nodes[path.strip()] = node.entries[0][1]
    log.stop_on_errors()
    return case.patched(nodes)
