# SPDX-License-Identifier: Apache-2.0
"""Organisations to learn from and to measure on: those of the lists, in two halves that share no name.

An organisation is of the one half or the other by the hash of its folded names; those that share one go together.
"""

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dev.screening import perturb
from dev.screening.lists import entries

from stillwatch.access.screening.entry import Entry, Kind
from stillwatch.access.screening.normalise import normal

TEST_SHARE = 0.4
WANTED = ("Entity List", "Military End User", "Military-Industrial Complex", "1260H", "1286")
"""Programmes whose organisations are measured on: those that export rules speak of."""


class Halves(NamedTuple):
    """Organisations by what they are for."""

    train: tuple[Entry, ...]
    test: tuple[Entry, ...]


def looks_like_organisation(entry: Entry) -> bool:
    """Of an entry whose list does not say what it is: a word of its name is one that organisations bear."""
    if entry.kind is not Kind.UNKNOWN:
        return entry.kind is Kind.ORGANISATION
    folded = normal(entry.names[0], Kind.ORGANISATION)
    meanings = {symbol.partition(":")[0] for symbols in folded.symbols for symbol in symbols}
    return bool(folded.legal or meanings & {"DOMAIN", "SYMBOL"})


def halves() -> Halves:
    """Every organisation of every list, each in one half."""
    every = [entry for found in entries().values() for entry in found if looks_like_organisation(entry)]
    parent = list(range(len(every)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    by_name: dict[str, int] = {}
    for at, entry in enumerate(every):
        for name in entry.names:
            key = normal(name, Kind.ORGANISATION).ordered
            parent[root(at)] = root(by_name.setdefault(key, at))
    groups = defaultdict(list)
    for at, entry in enumerate(every):
        groups[root(at)].append(entry)
    found: tuple[list[Entry], list[Entry]] = ([], [])
    for group in groups.values():
        key = min(normal(entry.names[0], Kind.ORGANISATION).ordered for entry in group)
        share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
        found[share < TEST_SHARE].extend(group)
    return Halves(tuple(found[0]), tuple(found[1]))


Change = Callable[[random.Random, str], str]


GENERIC = frozenset(
    (
        "technology", "technologies", "tech", "industry", "industries", "industrial", "group", "holding", "holdings",
        "company", "corporation", "trading", "international", "import", "export", "equipment", "electronics",
        "electronic", "engineering", "development", "systems", "services", "science",
    )
)  # fmt: skip


def shorten(_: random.Random, name: str) -> str:
    """What people call it: without brackets, legal form and trades at its end; two words or a long one stay."""
    words = re.sub(r"\(.*?\)", " ", perturb.bare_of(name)).split()
    while len(words) > 1 and words[-1].lower().strip(".,") in {*GENERIC, "and", "of", "&", "co", "ltd"}:
        if len(words) == 2 and len(words[0]) < 7:
            break
        words.pop()
    return " ".join(words) or name


def in_place(draw: random.Random, name: str) -> str:
    """With a place in brackets, as groups name their branches."""
    return f"{perturb.bare_of(name)} ({draw.choice(perturb.PLACES)}) {draw.choice(perturb.LEGAL)}"


HANZI = {
    "zhe": "浙", "jiang": "江", "bei": "北", "jing": "京", "shang": "上", "hai": "海", "shen": "深", "zhen": "圳",
    "guang": "广",
    "dong": "东", "zhou": "州", "hua": "华", "zhong": "中", "guo": "国", "tian": "天", "jin": "津", "nan": "南",
    "chang": "长",
    "xin": "新", "da": "大", "hong": "宏", "fei": "飞", "wu": "武", "han": "汉", "cheng": "成", "du": "都", "hang":
    "航",
    "xi": "西", "an": "安", "yang": "阳", "feng": "丰", "tai": "泰", "heng": "恒", "long": "龙", "li": "力", "ke":
    "科", "tong": "通",
    "shan": "山", "si": "四", "chuan": "川", "he": "河", "hu": "湖", "yun": "云", "ning": "宁", "bo": "波", "su":
    "苏", "fu": "福",
    "jian": "建", "qing": "青", "dao": "岛", "lian": "联", "ji": "吉", "lin": "林", "yu": "宇", "kang": "康", "wei":
    "微", "xing": "星",
    "yuan": "远", "ming": "明", "rui": "瑞", "sheng": "盛", "kun": "昆", "lun": "仑", "run": "润", "mei": "美", "shi":
    "石", "you": "友",
    "gui": "贵", "liao": "辽", "gan": "甘", "zheng": "正", "hui": "惠", "kai": "凯", "yi": "亿", "bang": "邦", "zhi":
    "智", "qi": "齐",
    "chong": "重", "lu": "路", "ying": "英", "ya": "亚", "nen": "能", "bao": "宝", "hao": "浩", "jia": "嘉", "guan":
    "冠", "wan": "万",
    "ou": "欧", "fan": "凡", "dian": "电", "ren": "人", "yong": "永", "zhu": "珠", "chen": "晨", "lei": "雷", "bin":
    "滨", "ha": "哈",
    "er": "尔", "sha": "沙", "ping": "平", "gang": "港", "xia": "夏", "men": "门", "mian": "绵", "nei": "内", "meng":
    "蒙",
}  # fmt: skip
"""A character for each syllable: one of many that are read so."""
IN_RUSSIAN = {
    "institute": "институт", "research": "научно-исследовательский", "plant": "завод", "factory": "завод",
    "university": "университет", "company": "компания", "group": "группа", "corporation": "корпорация", "bank": "банк",
    "center": "центр", "centre": "центр", "state": "государственный", "federal": "федеральное", "enterprise":
    "предприятие",
    "technology": "технологии", "technologies": "технологии", "systems": "системы", "electronics": "электроника",
    "industry": "промышленность", "association": "объединение", "production": "производственное", "ooo": "ООО",
    "jsc": "АО", "ojsc": "ОАО", "pjsc": "ПАО", "cjsc": "ЗАО", "llc": "ООО", "ao": "АО", "oao": "ОАО", "pao": "ПАО",
    "zao": "ЗАО",
    "ltd": "ООО", "of": "", "the": "", "and": "и", "limited": "", "liability": "",
}  # fmt: skip
CYRILLIC_COUNTRIES = {"ru", "by", "ua", "kz", "kg"}


def russian(name: str) -> str:
    """The name in Cyrillic letters, its usual words in Russian."""
    words = re.sub(r"[(),.\"]", " ", name).lower().split()
    return " ".join(filter(None, (IN_RUSSIAN.get(word, perturb.in_script(word, perturb.CYRILLIC)) for word in words)))


IN_CHINESE = {
    "technology": "科技", "technologies": "科技", "electronics": "电子", "electronic": "电子", "information": "信息",
    "communication": "通信", "communications": "通信", "university": "大学", "institute": "研究所", "research": "研究",
    "industry": "工业", "industries": "工业", "industrial": "工业", "group": "集团", "aviation": "航空", "aerospace":
    "航天",
    "semiconductor": "半导体", "trading": "贸易", "company": "公司", "international": "国际", "equipment": "设备",
    "machinery": "机械", "software": "软件", "data": "数据", "network": "网络", "bank": "银行", "china": "中国",
    "investment": "投资", "engineering": "工程", "science": "科学", "academy": "研究院", "shipbuilding": "船舶",
    "power": "电力",
}  # fmt: skip


def chinese(name: str) -> str | None:
    """The name in Chinese characters; None where a word is neither pinyin nor one that is translated."""
    found = []
    for word in perturb.bare_of(name).lower().replace("(", " ").replace(")", " ").replace("'", "").split():
        if word in IN_CHINESE:
            found.append(IN_CHINESE[word])
            continue
        syllables = _syllables(word.strip(",."))
        if syllables is None:
            return None
        found.append("".join(HANZI[one] for one in syllables))
    return "".join(found) + "有限公司" if found else None


def _syllables(word: str) -> list[str] | None:
    if not word:
        return []
    for size in range(min(6, len(word)), 0, -1):
        if word[:size] in HANZI:
            rest = _syllables(word[size:])
            if rest is not None:
                return [word[:size], *rest]
    return None


class Case(NamedTuple):
    """A name that must be found, and by which way of writing it was made."""

    slice: str
    query: str
    entry: Entry


SLICES: dict[str, Change] = {
    "as listed, other case": perturb.recase,
    "one slip": perturb.edit,
    "two slips": lambda draw, name: perturb.edit(
        draw, perturb.edit(draw, name) if len(perturb.bare_of(name)) >= 14 else name
    ),
    "other transliteration": perturb.respell,
    "other legal form": perturb.reform,
    "abbreviated": perturb.respell_words,
    "punctuation": perturb.dots,
    "joined or parted": lambda draw, name: draw.choice((perturb.join, perturb.part))(draw, name),
    "shortened": shorten,
    "branch": in_place,
    "subsidiary": perturb.subsidiary,
    "two changes": lambda draw, name: draw.choice(perturb.ORGANISATION_CHANGES)(
        draw, draw.choice(perturb.ORGANISATION_CHANGES)(draw, name)
    ),
}


def cases(organisations: Sequence[Entry], *, each: int, seed: int) -> list[Case]:
    """So many cases of every slice; of Cyrillic and Chinese as many as there are names that would be written so."""
    draw = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    fit = [entry for entry in organisations if len(normal(entry.names[0], Kind.ORGANISATION).compact) >= 6]
    found = []
    for title, change in SLICES.items():
        for entry in draw.sample(fit, min(each, len(fit))):
            name = entry.names[0]
            if name.isupper() and draw.random() < 0.7:
                name = name.title()
            found.append(Case(title, change(draw, name), entry))
    slavic = [entry for entry in fit if CYRILLIC_COUNTRIES & set(entry.countries)]
    found += [
        Case("Cyrillic letters", russian(entry.names[0]), entry)
        for entry in draw.sample(slavic, min(each, len(slavic)))
    ]
    written = [(entry, text) for entry in fit if (text := chinese(entry.names[0])) is not None]
    for entry, text in draw.sample(written, min(each, len(written))):
        found.append(Case("Chinese characters", text, entry))
    return found


def wanted(organisations: Sequence[Entry]) -> list[Entry]:
    """Those of the programmes that are measured on."""
    return [entry for entry in organisations if any(name in entry.programme for name in WANTED)]
