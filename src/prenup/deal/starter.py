"""The deal that a newcomer starts from: complete, small, and with a word on every section."""

from __future__ import annotations

STARTER = """\
# A deal to start from: a laboratory licenses a product to a company, which pays for it as it sells.
# Change a line and run `prenup check FILE`; faults are shown with their line, and with what to write instead.
# `prenup run FILE` says who ends up with what, `prenup terms` lists the kinds of clauses, drivers and events.

deal:
  title: A licence between a laboratory and a company
  summary: The company pays an advance, milestones and royalties for a product that may or may not be approved.
  not_modelled:                     # be frank about what you left out: it is shown with the answers
    - Taxes, and what the product does to the company's other sales.

currency: USD
as_of: 2024-10-19                   # no source may be later than this day
clock: {from: 2025-01-01, months: 120}

# Where numbers come from. Every number below may name one of these.
sources:
  annual-report: {title: Annual report for 2023, publication: Brightlab, date: 2024-03-15, kind: primary}
  news: {title: Brightlab in talks over its new product, publication: The Daily Ledger, date: 2024-10, kind: press}

# Who signs. `discount` is the yearly rate at which a party counts later money as less; `world` is everyone else.
parties:
  brightlab:
    title: Brightlab
    discount: {value: 14%, range: 11% to 18%, status: assumed, note: a young company}
    cash: {value: $60m, source: annual-report, status: confirmed}
  nordwind:
    title: Nordwind
    discount: 8%

# Numbers that formulas use by name. 15% to 25% is a 90 % interval of what we do not know.
numbers:
  margin: {value: 70%, range: 60% to 80%, status: assumed, note: usual for such products}
  running_costs: {value: $24m/yr, source: annual-report, status: estimated, note: research and staff in 2023}

# What the world does, month by month: `prenup terms growth` explains this one.
drivers:
  demand:
    kind: growth
    title: sales if the product is on the market
    start: {value: $40m/yr, range: $20m/yr to $90m/yr, source: news, status: estimated, note: our reading}
    growth: 60%
    long_run: 3%
    half_life: 2 years
    volatility: 25%

# What may happen. Formulas ask `after(approval)`; a bare name such as `approval` means that it has happened.
events:
  approval:
    kind: window
    title: the product is approved
    from: 2026-01-01
    to: 2027-12-31
    probability: {value: 60%, range: 45% to 75%, status: assumed, note: products at this stage}

# Equations of your own. With a payer and a payee a row moves money each month.
rows:
  sales: if(approval, demand, 0)
  customers: {value: sales, payer: world, payee: nordwind, title: what customers pay}
  production: {value: (1 - margin) * sales, payer: nordwind, payee: world, title: what the product costs to make}
  research: {value: running_costs, payer: brightlab, payee: world, title: what the laboratory costs}

# What was agreed. Payments share options: from, until, cap, minimum, every, delay, tiers.
terms:
  advance: {kind: fee, payer: nordwind, payee: brightlab, amount: $25m, title: the advance on signing}
  milestone: {kind: milestone, payer: nordwind, payee: brightlab, amount: $50m, on: approval}
  royalty:
    kind: royalty
    payer: nordwind
    payee: brightlab
    of: sales
    tiers: [{up_to: $100m, rate: 8%}, {rate: 12%}]    # each year anew
    every: quarter
    source: news
    status: reported

# What could be different. `prenup run FILE --variant no_advance` shows one.
variants:
  no_advance:
    title: no advance but a higher royalty
    change: {terms.advance: null, terms.royalty.tiers.0.rate: 11%}
  cheaper_later:
    title: a lower royalty from 2030 on
    change: {terms.royalty.tiers.1.rate: {value: 10%, from: 2030-01-01}}
"""
