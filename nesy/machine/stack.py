"""One redex at a time: a stack of cells leads to the next one."""

from __future__ import annotations

from collections.abc import Iterator

from nesy.machine.cells import DATA, Cell, Node, Part
from nesy.machine.contraction import Rewriter, Step, needed, unfinished


def by_stack(rewriter: Rewriter, root: Part, *, by_value: bool) -> Iterator[Step]:
    """Innermost or outermost: on top of the stack is the cell to evaluate next.

    Deep cells are wanted as whole values, the others only as far as their outermost constructor.
    """
    stack: list[tuple[Cell, bool]] = [(root, True)] if isinstance(root, Cell) else []
    while stack:
        cell, deep = stack[-1]
        node = cell.content
        if isinstance(node, Cell):
            stack[-1] = node, deep
        elif not isinstance(node, Node):
            stack.pop()
        elif isinstance(node.expression, DATA):
            first = unfinished(node.parts) if deep else None
            if first is not None:
                stack.append((first, True))
            else:
                stack.pop()
                if deep:
                    rewriter.finish(cell)
        elif by_value and (first := unfinished(needed(node))) is not None:
            stack.append((first, True))
        else:
            outcome = rewriter.contract(cell, len(stack) - 1)
            if isinstance(outcome, Step):
                yield outcome
            else:
                stack.append((outcome, rewriter.is_primitive(node)))
