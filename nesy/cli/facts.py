"""``nesy learn --facts``: rules that complete facts, from the facts."""

from __future__ import annotations

import argparse
import shlex
import sys
from itertools import islice, product
from typing import TYPE_CHECKING

from nesy.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nesy.learn.facts.learn import LearnedRules
    from nesy.learn.facts.rules import Fact, Rule

SHOWN = 20
"""Rules that are printed; all are in the file."""
TRIED = 100
"""Questions, to show one that has an answer."""


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
    if not learned.rules and not options.keep:
        print(
            f"no rule was found in {len(facts):,} facts whose conclusions are facts often enough; nothing was written",
            file=sys.stderr,
        )
        return 1
    _show(sorted(learned.rules, key=lambda rule: -rule.carried))
    print(f"\n{learned.agreement}\n")
    write_atomically(options.out, learned.program.source)
    count = f"{len(learned.rules)} rule{'s' * (len(learned.rules) != 1)}"
    print(f"written: {options.out}, {count} and {len(facts):,} facts")
    question = _question(learned, facts)
    if question is not None:
        print(f"ask: nesy run {shlex.quote(options.out)} {shlex.quote(question)}")
    return 0


def _show(rules: Sequence[Rule]) -> None:
    """The rules that carry most answers, with their precision."""
    print("right: conclusions that are known facts; carries: first answers of the network that the rule explains")
    print(f"{'right':>16}  {'carries':>7}  rule")
    for rule in rules[:SHOWN]:
        right = f"{rule.right:,}/{rule.concluded:,} {rule.precision:4.0%}"
        print(f"{right:>16}  {rule.carried:7,}  {rule}")
    if len(rules) > SHOWN:
        print(f"and {len(rules) - SHOWN} more in the file")


def _question(learned: LearnedRules, facts: Sequence[Fact]) -> str | None:
    """One that the rules have an answer to, if a few tries lead to one."""
    from nesy.learn.facts.write import function_names
    from nesy.quoting import quote

    names = function_names({relation for _, relation, _ in facts})
    concluded = dict.fromkeys(f"predict_{names[rule.relation]}" for rule in learned.rules)
    entities = dict.fromkeys(entity for head, _, tail in facts for entity in (head, tail))
    for function, entity in islice(product(concluded, entities), TRIED):
        if learned.program.call(function, entity):
            return f"{function}({quote(entity)})"
    return None
