"""One abduction told in words: what was read, what was computed, what was changed and at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nesy.abduction.results import Abduction, Edit
from nesy.derivation import Derivation
from nesy.errors import NesyError
from nesy.lang.language import Language
from nesy.machine.values import Value, text


def account(abduction: Abduction, language: Language, read: Sequence[str], answer: str) -> str:
    """The steps of a repair, or why there is none, as lines of text.

    Args:
        abduction: from `Abducer(language, ...).abduce` on `read` and `answer`.
        read: the words as they were read.
    """
    return "\n".join(_lines(abduction, language, read, answer))


def _lines(abduction: Abduction, language: Language, read: Sequence[str], answer: str) -> Iterator[str]:
    yield f"read:      {' '.join(read)}"
    yield f"computed:  {_value(abduction.before)}"
    yield f"answer:    {answer}"
    if abduction.before is not None:
        yield from ("", abduction.before.pretty())
    yield ""
    looked = f"{abduction.expanded} reading{'s' * (abduction.expanded != 1)} looked at"
    match abduction.status:
        case "unchanged":
            yield f"nothing to repair: the value is the answer; {looked}"
        case "impossible":
            yield f"no repair exists: no edits of the allowed kinds give {answer}; {looked}"
        case "budget spent":
            yield f"no repair found before the budget was spent; {looked}"
        case "repaired":
            words = list(read)
            for number, edit in enumerate(abduction.edits, 1):
                yield f"edit {number}:    {_edit(edit)}; cost {edit.cost:.2f}{_gives(edit, words, language)}"
            yield f"computed:  {_value(abduction.after)}"
            if abduction.after is not None:
                yield from ("", abduction.after.pretty(), "")
            count = len(abduction.edits)
            yield f"repaired by {count} edit{'s' * (count != 1)}, cost {abduction.cost:.2f}; {looked}"


def _edit(edit: Edit) -> str:
    place = f"word {edit.start + 1}" if edit.end - edit.start == 1 else f"words {edit.start + 1} to {edit.end}"
    match edit.level:
        case "symbol":
            return f"symbol, {place}: “{edit.before}” is read as “{edit.after}”"
        case "attachment":
            instead = f" instead of “{edit.before}”" if edit.before not in ("", edit.after) else ""
            return f"attachment, {place}: “{edit.after}” is taken together{instead}"
        case "meaning":
            before, after = edit.before or "(empty)", edit.after or "(empty)"
            return f"meaning, {place}: the value is taken to be {after} instead of {before}"


def _gives(edit: Edit, words: list[str], language: Language) -> str:
    """What the language computes after an edit of a symbol, which is made in `words`."""
    if edit.level != "symbol":
        return ""
    words[edit.start] = edit.after
    try:
        value: Value | None = language.run(words)
    except NesyError:
        value = None
    return f"; now {' '.join(words)} = {_NOTHING if value is None else text(value) or '(empty)'}"


def _value(derivation: Derivation | None) -> str:
    if derivation is None or derivation.value is None:
        return _NOTHING
    return text(derivation.value) or "(empty)"


_NOTHING = "(no value)"
