"""A trace as one self-contained page: a row a step, its text escaped, nothing loaded."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nesy.derivation.page import STYLE, clean
from nesy.lang.clauses import print_clause
from nesy.machine.contraction import Step
from nesy.machine.steps import Reduction
from nesy.recursion.tracing.step_text import SHOWN, binding_texts, citation, value_line
from nesy.recursion.tracing.writing import write

MAX_ROWS = 5_000
"""A browser shows that many rows with ease; longer traces are for ``--json``."""

_STYLE = (
    STYLE
    + """
table { border-collapse: collapse; }
th { position: sticky; top: 0; background: var(--paper); text-align: left; }
td, th { padding: .2rem .7rem; vertical-align: top; border-bottom: 1px solid var(--edge); }
td { font: 13px/1.4 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.number, .cite { color: var(--dim); white-space: nowrap; }
.round td { border-top: 2px solid var(--mark); }
"""
)


def page(steps: Sequence[Step], reduction: Reduction, stopped: str = "") -> str:
    """The page as a text that is both HTML and XML.

    Args:
        stopped: why there is no value, where there is none.
    """
    title = clean(write(reduction.expression(SHOWN, step=0)))
    rows = [_row(step, previous) for step, previous in zip(steps[:MAX_ROWS], [None, *steps], strict=False)]
    more = f"<p>... and {len(steps) - MAX_ROWS:,} more steps</p>" if len(steps) > MAX_ROWS else ""
    end = stopped or value_line(reduction)
    parts = [
        '<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>',
        '<meta name="viewport" content="width=device-width"/>',
        f"<title>{title}</title><style>{escape(_STYLE)}</style></head><body>",
        f"<h1><code>{title}</code></h1><pre>{clean(end)}</pre>",
        "<table><thead><tr><th></th><th>before</th><th>after</th><th>by</th><th>where</th></tr></thead><tbody>",
        *rows,
        f"</tbody></table>{more}<h1>Clauses used</h1><pre>{clean(_clauses(steps))}</pre></body></html>\n",
    ]
    return "\n".join(parts)


def _row(step: Step, previous: Step | None) -> str:
    first = previous is not None and previous.round != step.round
    number = f"{step.round}.{step.number}" if step.round else str(step.number)
    where = ", ".join(f"{name} = {text}" for name, text in binding_texts(step).items())
    cells = (
        ("number", number),
        ("before", write(step.before(SHOWN))),
        ("after", write(step.after(SHOWN))),
        ("cite", citation(step)),
        ("binding", where),
    )
    inside = "".join(f'<td class="{name}">{clean(text)}</td>' for name, text in cells)
    mark = ' class="round"' if first else ""
    return f"<tr{mark}>{inside}</tr>"


def _clauses(steps: Sequence[Step]) -> str:
    used = {step.clause: None for step in steps if step.clause is not None}
    lines = sorted((clause.line, print_clause(clause)) for clause in used)
    return "\n".join(f"{line:>5}  {text}" for line, text in lines)
