"""``nesy learn --facts``: rules that complete facts, from the facts."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from nesy.errors import InputError

if TYPE_CHECKING:
    from nesy.learn.facts.rules import Rule

SHOWN = 20
"""Rules that are printed; all are in the file."""


def learn(options: argparse.Namespace) -> int:
    """Learn rules from a file of facts; write them with the facts as a program."""
    from graphs.datasets.triples import read_facts
    from nesy.files import check_writable, write_atomically
    from nesy.learn.facts.learn import learn_rules

    check_writable(options.out)
    try:
        facts = read_facts(options.train)
    except ValueError as error:  # its message begins with file and line
        raise InputError(str(error)) from None
    try:
        learned = learn_rules(facts, seed=options.seed, quiet=options.quiet)
    except InputError as error:
        error.file = options.train
        raise
    _show(sorted(learned.rules, key=lambda rule: -rule.carried))
    print(learned.agreement)
    if not learned.rules and not options.keep:
        print("no rule was found whose conclusions are facts often enough; nothing was written", file=sys.stderr)
        return 1
    write_atomically(options.out, learned.program.source)
    print(f"written: {options.out}, {len(learned.rules)} rules and {len(facts):,} facts")
    return 0


def _show(rules: list[Rule]) -> None:
    """The rules that carry most answers, with their precision."""
    for rule in rules[:SHOWN]:
        print(f"{rule.precision:4.0%} of {rule.concluded:,}, carries {rule.carried:,}: {rule}")
    if len(rules) > SHOWN:
        print(f"and {len(rules) - SHOWN} more")
