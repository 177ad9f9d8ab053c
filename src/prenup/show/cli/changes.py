"""Changes given on the command line: `--set PATH=VALUE`, where the value is written as in a deal file."""

from __future__ import annotations

from dataclasses import replace

from prenup.base.problems import DealError, Log, Origin, Problem, Text
from prenup.case import Case
from prenup.deal.read_yaml import read_yaml
from prenup.deal.tree import Mapping, Node, Scalar, Sequence


def changed(case: Case, sets: tuple[str, ...]) -> Case:
    """The case with every `PATH=VALUE` applied. Raises DealError, pointing at what was typed, where one can't be."""
    log = Log()
    nodes: dict[str, Node] = {}
    for given in sets:
        path, sign, value = given.partition("=")
        text = Text("--set", given)
        whole = Origin(text, 1, 1, max(1, len(given)))
        if not sign or not path.strip():
            log.add(
                "D123",
                f"{given} is not PATH=VALUE",
                whole,
                why="a change says which field becomes what",
                fix="write --set terms.rev_share.rate=10%",
            )
            continue
        node = _value(text, len(given) - len(value), log)
        if node is not None:
            nodes[path.strip()] = node
    log.stop_on_errors()
    try:
        return case.patched(nodes)
    except DealError as fault:
        raise DealError(tuple(_at_path(problem) for problem in fault.problems)) from None


def _value(text: Text, start: int, log: Log) -> Node | None:
    """The value that begins at `start`; it keeps its place in what was typed, so that an error points at it.

    Nothing after the sign takes the field away, as an empty value does in a deal file.
    """
    given = text.content
    if not given[start:].strip():
        return Scalar("", Origin(text, 1, 1, max(1, len(given))))
    trial = Log()
    # Blanks in place of the path: lines and columns are those of the text that was typed.
    node = read_yaml(Text(text.name, " " * start + given[start:]), trial)
    log.extend(_problem_in(problem, text) for problem in trial)
    return None if node is None else _node_in(node, text)


def _at_path(problem: Problem) -> Problem:
    """A path that leads nowhere is shown where it was typed; what is wrong with a value, at the value."""
    if problem.code != "D120" or problem.where is None or problem.where.text.name != "--set":
        return problem
    path = problem.where.text.content.partition("=")[0]
    return replace(problem, where=Origin(problem.where.text, 1, 1, max(1, len(path))))


def _problem_in(problem: Problem, text: Text) -> Problem:
    related = tuple((label, replace(place, text=text)) for label, place in problem.related)
    return replace(problem, where=replace(problem.where, text=text) if problem.where else None, related=related)


def _node_in(node: Node, text: Text) -> Node:
    where = replace(node.where, text=text)
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_node_in(item, text) for item in node.items), where=where)
    if isinstance(node, Mapping):
        entries = tuple((replace(key, where=replace(key.where, text=text)), _node_in(item, text)) for key, item in node.entries)
        return replace(node, entries=entries, where=where)
    return replace(node, where=where)
