"""A word that was seen in one sentence only, translated in others, from a small parallel text with a few idioms.

python examples/translate_new_word.py
"""

from __future__ import annotations

import nesy

ADJECTIVES = {
    "tired": "fatigué",
    "happy": "content",
    "small": "petit",
    "strong": "fort",
    "ready": "prêt",
    "rich": "riche",
}
FRAMES = {
    "i am {}": "je suis {}",
    "i am very {}": "je suis très {}",
    "he is {}": "il est {}",
    "he is very {}": "il est très {}",
    "you are {}": "tu es {}",
    "you are very {}": "tu es très {}",
    "we are {}": "nous sommes {}",
    "we are very {}": "nous sommes très {}",
}
IDIOMS = {
    "i am cold": "j ai froid",
    "he is right": "il a raison",
    "you are twenty": "tu as vingt ans",
    "never mind": "tant pis",
}
NEW = ("i am daxy", "je suis daxiste")


def parallel_text() -> list[tuple[str, str]]:
    """Sentences with their translations; the new word stands in one kind of sentence."""
    regular = [(e.format(a), f.format(b)) for e, f in FRAMES.items() for a, b in ADJECTIVES.items()]
    return [*regular, *IDIOMS.items(), *[NEW] * 20]


def main() -> None:
    """Learn, and translate sentences that were never seen."""
    learner = nesy.Learner(seed=0, budget=10).fit(parallel_text())
    expected = [(e.format("daxy"), f.format("daxiste")) for e, f in FRAMES.items() if e != "i am {}"]
    right = 0
    for english, french in expected:
        found = learner.predict(english)
        right += found == french
        print(f"{english:18} -> {found}")
    print(f"{right} of {len(expected)} right")


if __name__ == "__main__":
    main()
