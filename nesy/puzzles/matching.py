"""All-different by bipartite matching (Régin 1994): removes every value that no way of keeping the rule uses.

Variables are matched with values. A value that another variable holds can still be taken if that variable has
somewhere to go: along a cycle back, or to a value that is free. Reachability between the variables is a few
operations on machine words, so no strongly connected components are built.
"""

from __future__ import annotations


def supported(masks: list[int]) -> list[int] | None:
    """The values of each variable that occur in some assignment of pairwise different values.

    Args:
        masks: per variable the mask of its values.

    Returns:
        Masks of the same variables; None if there is no such assignment.
    """
    holder = _matching(masks)
    if holder is None:
        return None
    count = len(masks)
    free = 1 << count
    reach = [free] * count
    for variable, mask in enumerate(masks):
        row = 0
        while mask:
            low = mask & -mask
            row |= 1 << holder.get(low, count)
            mask ^= low
        reach[variable] = row
    for middle in range(count):
        bit, row = 1 << middle, reach[middle]
        for variable in range(count):
            if reach[variable] & bit:
                reach[variable] |= row
    kept = list(masks)
    for variable, mask in enumerate(masks):
        goal = free | 1 << variable
        while mask:
            low = mask & -mask
            mask ^= low
            owner = holder.get(low, count)
            if owner not in (count, variable) and not reach[owner] & goal:
                kept[variable] ^= low
    return kept


def _matching(masks: list[int]) -> dict[int, int] | None:
    """Value (its bit) -> the variable that holds it, all variables holding one; None if that cannot be."""
    holder: dict[int, int] = {}
    taken = 0
    for start, mask in enumerate(masks):
        free = mask & ~taken
        if free:
            low = free & -free
            holder[low] = start
            taken |= low
            continue
        # Breadth first along values held by others, to one that is free.
        came: dict[int, int] = {}
        seen, todo = 0, [start]
        for variable in todo:
            free = masks[variable] & ~taken
            if free:
                break
            new = masks[variable] & ~seen
            seen |= new
            while new:
                low = new & -new
                new ^= low
                came[low] = variable
                todo.append(holder[low])
        else:
            return None
        # Hand the values back along the path.
        low = free & -free
        taken |= low
        while True:
            given = next((bit for bit, owner in holder.items() if owner == variable), 0)
            holder[low] = variable
            if variable == start:
                break
            low, variable = given, came[given]
    return holder
