"""The reference of kinds in a terminal, from the classes themselves."""

from __future__ import annotations

import click

from prenup.base.kinds import kinds
from prenup.deal.reference import SECTIONS, reference


def known_kinds() -> list[str]:
    """Every kind of term, driver, event, class and action."""
    return [kind for package in SECTIONS.values() for kind in kinds(package)]


def show_kinds() -> None:
    """One line a kind."""
    for group, package in SECTIONS.items():
        click.echo(f"{group}:")
        for kind, cls in kinds(package).items():
            click.echo(f"  {kind:<16} {(cls.__doc__ or '').strip().splitlines()[0]}")
        click.echo("")
    click.echo("prenup terms KIND explains one.")


def show_kind(kind: str) -> None:
    """The page of one kind: what it does, its equations, an example, and its fields."""
    page = reference(kind)
    click.echo(f"{page.kind} ({page.group})\n\n{page.first_line}")
    for title, body in page.sections.items():
        click.echo(f"\n{title}:\n" + "\n".join(f"    {line}" if line else "" for line in body.splitlines()))
    click.echo("\nFields:")
    for field in page.fields:
        left_out = f" (default {field.default})" if field.default else ""
        click.echo(f"    {field.name:<16} {field.type}{left_out}\n{'':21}{field.meaning}")
