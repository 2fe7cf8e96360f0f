"""Killer sudoku: nothing is given but the sums of cages of cells. The rules are a text; the cages are its data.

    python examples/killer_sudoku.py [--seed 0]

A board is made by chance and cut into cages. While there is another solution, a cage in which the two differ is cut in
two.
"""

from __future__ import annotations

import argparse
import random

import nesy
from nesy.puzzles.answer import Answer
from nesy.puzzles.generate import generate
from nesy.puzzles.show import show

RULES = """%puzzle
data cages
var cell[r in 1..9, c in 1..9] : 1..9
rule row[r in 1..9]: all_different(cell[r, c] for c in 1..9)
rule col[c in 1..9]: all_different(cell[r, c] for r in 1..9)
rule box[a in 0..2, b in 0..2]: all_different(cell[3*a + i, 3*b + j] for i in 1..3, j in 1..3)
rule total[(sum_, cells) in cages]: sum(cell[r, c] for (r, c) in cells) = sum_
rule once[(sum_, cells) in cages]: all_different(cell[r, c] for (r, c) in cells)
"""

Cell = tuple[int, int]
Cage = tuple[int, list[Cell]]


def divided(cut: list[Cage], answer: Answer) -> list[Cage]:
    """The cages, of which the largest in which two solutions differ is cut in two; sums are those of the first."""
    assert answer.values is not None
    assert answer.other is not None
    value = {(v // 9 + 1, v % 9 + 1): int(value) for v, value in enumerate(answer.values)}
    differs = {cell for cell, other in zip(value, answer.other, strict=True) if value[cell] != other}
    _, cells = largest = max((cage for cage in cut if differs.intersection(cage[1])), key=lambda cage: len(cage[1]))
    parts = [cell for cell in cells if cell in differs], [cell for cell in cells if cell not in differs]
    if not all(parts):
        parts = cells[:1], cells[1:]
    return [cage for cage in cut if cage is not largest] + [(sum(value[cell] for cell in part), part) for part in parts]


def cages(board: dict[Cell, int], size: int, chance: random.Random) -> list[Cage]:
    """The board cut into connected cages of at most so many cells with different digits: (sum, cells)."""
    left, found = set(board), []
    for start in sorted(board):
        cage = [start] if start in left else []
        left -= set(cage)
        while cage and len(cage) < size:
            near = [(r + a, c + b) for r, c in cage for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))]
            free = sorted({cell for cell in near if cell in left and board[cell] not in [board[c] for c in cage]})
            if not free:
                break
            cage.append(chance.choice(free))
            left.discard(cage[-1])
        if cage:
            found.append((sum(board[cell] for cell in cage), cage))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    chance = random.Random(parser.parse_args().seed)
    sudoku = nesy.puzzle("sudoku").model()
    full = generate(sudoku, seed=chance.randrange(1 << 30), holes=0)
    board = {(v // 9 + 1, v % 9 + 1): int(value) for v, value in full.givens.items()}
    cut = cages(board, 3, chance)
    while True:
        answer = nesy.solve(nesy.puzzle(text=RULES, cages=cut).instance(), unique=True, max_seconds=60)
        if answer.unique is not False:
            break
        cut = divided(cut, answer)
    found = "the only solution" if answer.unique else "whether there is another solution is not known"
    print(f"{len(cut)} cages; {answer.status}, {found} ({answer.nodes} nodes, {answer.seconds:.2f} s); some of them:")
    for total, cage in [cage for cage in cut if len(cage[1]) == 3][:5]:
        print(f"  {total} = {' + '.join(f'cell[{r}, {c}]' for r, c in cage)}")
    print(show(answer))


if __name__ == "__main__":
    main()
