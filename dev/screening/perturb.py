# SPDX-License-Identifier: Apache-2.0
"""How one party's name is written in many ways, and how two parties come by names that look alike.

All of it is made from public lists' names by rules that are here; nothing is copied from a benchmark. Every function
takes its source of chance, so that the same seed gives the same pairs.
"""

import random
import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import Levenshtein

LEGAL = (
    "Co., Ltd.", "Company Limited", "Co Ltd", "Limited", "Ltd.", "Ltd", "LLC", "L.L.C.", "Inc.", "Inc", "Incorporated",
    "Corp.", "Corporation", "GmbH", "AG", "S.A.", "SA", "S.A.R.L.", "B.V.", "JSC", "OJSC", "PJSC", "OOO", "PLC",
    "Pte. Ltd.", "Pvt Ltd", "Sdn Bhd", "FZE", "LLP",
)  # fmt: skip
SPELT = {
    "Limited": ("Ltd.", "Ltd"), "Ltd": ("Limited",), "Ltd.": ("Limited", "LTD"), "Corporation": ("Corp.", "Corp"),
    "Corp.": ("Corporation",), "Incorporated": ("Inc.",), "Inc.": ("Incorporated", "Inc"), "Company": ("Co.", "Co"),
    "Co.": ("Company", "Co"), "Technology": ("Tech", "Tech.", "Technologies"), "Technologies": ("Tech.", "Technology"),
    "International": ("Intl", "Int'l", "Intl."), "Institute": ("Inst.", "Inst"), "University": ("Univ.", "Univ"),
    "Industry": ("Ind.", "Industries"), "Industries": ("Ind.", "Industry", "Inds"), "Industrial": ("Ind.",),
    "Electronics": ("Electronic", "Elec."), "Electronic": ("Electronics", "Elec."), "Engineering": ("Eng.", "Engrg"),
    "Manufacturing": ("Mfg", "Mfg."), "Research": ("Res.",), "Science": ("Sci.", "Sciences"), "National": ("Nat'l",
    "Natl"),
    "Laboratory": ("Lab", "Lab."), "Group": ("Grp", "Group"), "Development": ("Dev.", "Devt"),
    "Communications": ("Comm.", "Communication"), "Communication": ("Comm.", "Communications"),
    "Equipment": ("Equip.",), "Information": ("Info",), "System": ("Systems", "Sys"), "Systems": ("System", "Sys."),
    "Center": ("Centre", "Ctr"), "Centre": ("Center",), "and": ("&",), "&": ("and",), "Organization": ("Organisation",),
    "Services": ("Service", "Svcs"), "Service": ("Services",), "Holdings": ("Holding", "Hldgs"), "Factory": ("Fac.",),
    "Semiconductor": ("Semi", "Semicon"), "Trading": ("Trdg",), "Import": ("Imp.",), "Export": ("Exp.",),
    "Shipping": ("Ship.",), "Petroleum": ("Petro.",), "Defense": ("Defence",), "Academy": ("Acad.",),
}  # fmt: skip
PLACES = (
    "Hong Kong", "Singapore", "Europe", "USA", "Germany", "Japan", "India", "Dubai", "Malaysia", "Brazil", "Turkey",
    "Vietnam", "Thailand", "UK", "France", "Shenzhen", "Shanghai", "Beijing", "Moscow", "Nanjing", "Guangzhou", "Wuhan",
    "Chengdu", "Kazakhstan", "Serbia", "Mexico", "Egypt", "Pakistan", "America", "Asia Pacific", "Middle East",
)  # fmt: skip
TRADES = (
    "Trading", "Investment", "Technology", "Electronics", "Logistics", "Semiconductor", "Software", "Cloud",
    "Import Export",
    "Services", "Engineering", "Energy", "Capital", "Telecom", "Digital", "Research", "International", "Equipment",
)  # fmt: skip
TITLES = ("Mr.", "Dr.", "Mrs.", "Sheikh", "Prof.", "Gen.", "Haji", "Mullah")
SOUNDS = (
    ("ou", "u"), ("oo", "u"), ("ee", "i"), ("kh", "h"), ("kh", "k"), ("gh", "g"), ("ph", "f"), ("q", "k"), ("q", "g"),
    ("y", "i"), ("i", "y"), ("j", "dj"), ("dj", "j"), ("w", "v"), ("v", "w"), ("mm", "m"), ("ss", "s"), ("ll", "l"),
    ("dd", "d"), ("a", "e"), ("e", "a"), ("u", "o"), ("o", "u"), ("ey", "ei"), ("ei", "ai"), ("ya", "ia"), ("yu", "iu"),
    ("x", "ks"), ("ks", "x"), ("c", "k"), ("k", "c"), ("z", "s"), ("s", "z"), ("sh", "ch"), ("ch", "sh"), ("ts", "c"),
    ("iy", "y"), ("yy", "y"), ("ii", "i"), ("sch", "sh"), ("h", ""), ("th", "t"), ("t", "th"), ("dh", "d"), ("ae", "e"),
)  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Draw = random.Random
Change = Callable[[Draw, str], str]


def words_of(name: str) -> list[str]:
    """The words as they stand between spaces."""
    return name.split()


def edit(draw: Draw, name: str, *, most: int = 1) -> str:
    """One or more letters of one longer word left out, doubled, changed, added or put in the other order."""
    words = words_of(name)
    legal = {form.strip(".,").lower() for form in LEGAL}
    letters_of = [re.sub(r"\W", "", word) for word in words]
    places = [i for i, word in enumerate(letters_of) if len(word) >= 4 and word.lower() not in legal]
    if not places:
        return name
    at = draw.choice(places)
    for _ in range(draw.randint(1, most)):
        word = words[at]
        letters = [i for i, letter in enumerate(word) if letter.isalpha()]
        if len(letters) < 3:
            break
        i, how = draw.choice(letters), draw.randrange(5)
        new = draw.choice(LETTERS)
        new = new.upper() if word[i].isupper() else new
        if how == 0:
            word = word[:i] + word[i + 1 :]
        elif how == 1:
            word = word[:i] + word[i] + word[i:]
        elif how == 2:
            word = word[:i] + new + word[i + 1 :]
        elif how == 3:
            word = word[:i] + new + word[i:]
        else:
            word = word[:i] + word[i : i + 2][::-1] + word[i + 2 :]
        words[at] = word
    return " ".join(words)


def respell(draw: Draw, name: str) -> str:
    """Spell one sound in about eight letters as another transliteration would, three at most."""
    changed = name
    for _ in range(draw.randint(1, max(1, min(3, len(name) // 8)))):
        fitting = [(old, new) for old, new in SOUNDS if old in changed.lower()]
        if not fitting:
            break
        old, new = draw.choice(fitting)
        places = [found.start() for found in re.finditer(re.escape(old), changed.lower())]
        at = draw.choice(places)
        new = new.upper() if changed[at : at + len(old)].isupper() else new
        changed = changed[:at] + new + changed[at + len(old) :]
    return changed


def recase(draw: Draw, name: str) -> str:
    """Capitals throughout, or none, or one a word."""
    return draw.choice((name.upper(), name.lower(), name.title()))


def join(draw: Draw, name: str) -> str:
    """Two neighbours written as one word, with a hyphen, or a hyphen as a space."""
    if "-" in name and draw.random() < 0.5:
        return name.replace("-", draw.choice((" ", "")), 1)
    words = words_of(name)
    if len(words) < 2:
        return name
    at = draw.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + draw.choice(("", "-")) + words[at + 1], *words[at + 2 :]])


def part(draw: Draw, name: str) -> str:
    """A long word written as two."""
    words = words_of(name)
    places = [i for i, word in enumerate(words) if len(word) >= 8 and word.isalpha()]
    if not places:
        return name
    at = draw.choice(places)
    cut = draw.randint(3, len(words[at]) - 3)
    words[at] = f"{words[at][:cut]} {words[at][cut:]}"
    return " ".join(words)


# Persons.


def turn_round(_: Draw, name: str) -> str:
    """Family name first, with a comma or without."""
    words = words_of(name.replace(",", ""))
    return name if len(words) < 2 else f"{words[-1]}, {' '.join(words[:-1])}"


def leave_out(draw: Draw, name: str) -> str:
    """One or two of the middle names left out."""
    words = words_of(name)
    if len(words) < 3:
        return name
    gone = set(draw.sample(range(1, len(words) - 1), min(len(words) - 2, draw.randint(1, 2))))
    return " ".join(word for i, word in enumerate(words) if i not in gone)


def shorten(draw: Draw, name: str) -> str:
    """The first name, or all but the last, as initials."""
    words = words_of(name)
    if len(words) < 2:
        return name
    most = len(words) - 1 if draw.random() < 0.3 else 1
    return " ".join([*(f"{word[0]}." for word in words[:most]), *words[most:]])


def title(draw: Draw, name: str) -> str:
    """An honorific in front."""
    return f"{draw.choice(TITLES)} {name}"


def add_middle(draw: Draw, name: str, others: Sequence[str]) -> str:
    """One or two names more in the middle, or at the end."""
    words = words_of(name)
    if len(words) < 2:
        return name
    at = draw.randint(1, len(words)) if len(words) > 2 else 1 + (draw.random() < 0.3)
    more = [draw.choice(others) for _ in range(draw.choice((1, 1, 2)))]
    return " ".join([*words[:at], *more, *words[at:]])


def replace_word(draw: Draw, name: str, others: Sequence[str]) -> str | None:
    """Another person: one of the names is another name. None where there is nothing to replace."""
    words = words_of(name.replace(",", ""))
    places = [i for i, word in enumerate(words) if len(word) > 2]
    if len(words) < 2 or not places:
        return None
    at = draw.choice(places)
    for _ in range(30):
        other = draw.choice(others)
        old = words[at].lower()
        if len(other) > 2 and not is_close(old, other.lower()):
            words[at] = other
            return " ".join(words)
    return None


def retail(draw: Draw, name: str) -> str | None:
    """Another person: a name that begins like his and ends otherwise."""
    words = words_of(name.replace(",", ""))
    places = [i for i, word in enumerate(words) if len(word) >= 6]
    if len(words) < 2 or not places:
        return None
    at = draw.choice(places)
    ending = draw.choice(
        ("ov", "ani", "oglu", "escu", "zadeh", "far", "enko", "sson", "berg", "man", "ella", "idis", "uddin")
    )
    keep = draw.randint(3, len(words[at]) - 3)
    new = words[at][:keep] + (ending.upper() if words[at].isupper() else ending)
    if is_close(new.lower(), words[at].lower()):
        return None
    words[at] = new
    return " ".join(words)


def is_close(one: str, other: str) -> bool:
    """Two words that differ by no more than a slip of the pen."""
    return Levenshtein.distance(one, other) <= max(2, len(one) // 4)


# Organisations.


def reform(draw: Draw, name: str) -> str:
    """Another legal form, or none."""
    bare = bare_of(name)
    return bare if draw.random() < 0.4 else f"{bare} {draw.choice(LEGAL)}"


def bare_of(name: str) -> str:
    """The name without the legal form at its end."""
    found = re.sub(
        r"[,\s]*\b(co\.?,?\s*ltd\.?|company limited|"
        r"co\.? limited|limited|ltd\.?|llc|l\.l\.c\.?|inc\.?|incorporated|corp\.?|"
        r"corporation|gmbh|ag|s\.?a\.?|jsc|ojsc|pjsc|ooo|plc|pte\.? ltd\.?|company|co\.?)\s*$",
        "",
        name.strip(),
        flags=re.IGNORECASE,
    ).strip(" ,")
    return found or name


def respell_words(draw: Draw, name: str) -> str:
    """Usual words abbreviated or spelt out."""
    words = words_of(name)
    for i, word in enumerate(words):
        key = word.strip(",()").title() if word not in SPELT else word
        if key in SPELT and draw.random() < 0.7:
            words[i] = draw.choice(SPELT[key])
    return " ".join(words)


def article(_: Draw, name: str) -> str:
    """With or without "The"."""
    return name[4:] if name.lower().startswith("the ") else f"The {name}"


def dots(draw: Draw, name: str) -> str:
    """Punctuation left out, or quotation marks added."""
    return draw.choice(
        (re.sub(r"[.,()\"']", "", name), f'"{name}"', name.replace(",", ""), re.sub(r"\(.*?\)", "", name))
    )


def subsidiary(draw: Draw, name: str) -> str:
    """A company that bears the name: of a place, a trade, or both."""
    bare = bare_of(name)
    place, trade = draw.choice(PLACES), draw.choice(TRADES)
    return draw.choice(
        (
            f"{bare} ({place}) {draw.choice(LEGAL)}", f"{bare} {place} {draw.choice(LEGAL)}",
            f"{bare} {trade} {draw.choice(LEGAL)}",
            f"{bare} {place} {trade} {draw.choice(LEGAL)}", f"{place} {bare} {trade} {draw.choice(LEGAL)}",
            f"{bare} {trade} ({place})",
        )
    )  # fmt: skip


def another_trade(draw: Draw, name: str, others: Sequence[str]) -> str | None:
    """Another organisation: one of the words is another."""
    return replace_word(draw, name, others)


CYRILLIC = (
    ("shch", "щ"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("yu", "ю"), ("ya", "я"), ("x",
    "кс"),
    ("a", "а"), ("b", "б"), ("c", "к"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j",
    "дж"),
    ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"), ("t",
    "т"),
    ("u", "у"), ("v", "в"), ("w", "в"), ("y", "й"), ("z", "з"),
)  # fmt: skip


def in_script(name: str, table: Sequence[tuple[str, str]]) -> str:
    """The name's letters in another alphabet, the longest group of letters first."""
    text, found = name.lower(), []
    while text:
        for old, new in table:
            if text.startswith(old):
                found.append(new)
                text = text[len(old) :]
                break
        else:
            found.append(text[0])
            text = text[1:]
    return "".join(found).title()


def cyrillic(_: Draw, name: str) -> str:
    """In Cyrillic letters."""
    return in_script(name, CYRILLIC)


PERSON_CHANGES: tuple[Change, ...] = (
    edit, lambda draw, name: edit(draw, name, most=2), respell, respell, recase, join, turn_round, leave_out, leave_out,
    shorten, title, cyrillic,
)  # fmt: skip
ORGANISATION_CHANGES: tuple[Change, ...] = (
    edit, edit, respell, recase, join, part, reform, reform, respell_words, respell_words, article, dots,
)  # fmt: skip
