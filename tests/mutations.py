"""Texts that are nearly definition files."""

import re

PIECES = [
    "%",
    "(",
    ")",
    "[",
    "]",
    "|",
    "->",
    ":",
    "=",
    "++",
    "+",
    "*",
    "?",
    "~",
    "~ 3",
    '"',
    "/",
    "_",
    "#",
    ",",
    "\n",
    "\n ",
    " ",
    "start",
    "x",
    "X",
    "0",
    "9" * 5000,
    "-",
    "if",
    "let",
    "\\",
    "\x00",
    "é",
    "名",
    "%ignore",
    "%domain\n",
    "\t",
    "..",
    "{",
    "}",
    ".",
    "!",
    "1..2",
    "(",
    "((",
    '"a b"',
    "/(a|b)*/",
    "n + 1",
    "[h] ++ t",
    "\u2028",
    "\ud800",
    "i",
    "%import common.INT\n",
    "@",
    "when",
    "type ",
    "check ",
    "partial ",
    "learned ",
    "\\x -> x",
    "S(n)",
    " : ",
]


def mutate(text, generator):
    """The text with one to four pieces cut out, doubled, exchanged, or put in."""
    for _ in range(generator.randint(1, 4)):
        pieces = re.findall(r"\w+|\s+|[^\w\s]", text) or [""]
        at, other = (generator.randrange(len(pieces)) for _ in range(2))
        match generator.randrange(6):
            case 0:
                del pieces[at : at + generator.randint(1, 3)]
            case 1:
                pieces.insert(at, generator.choice(PIECES))
            case 2:
                pieces[at] = generator.choice(PIECES)
            case 3:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            case 4:
                pieces.insert(at, pieces[other])
            case 5:
                pieces = re.split(r"(?<=\n)", text)
                pieces.insert(generator.randrange(len(pieces)), pieces.pop(generator.randrange(len(pieces))))
        text = "".join(pieces)
    return text
