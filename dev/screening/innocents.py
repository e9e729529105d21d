# SPDX-License-Identifier: Apache-2.0
"""Names of companies that nobody listed, composed of word lists whose two halves share no distinctive word.

Composed names are the hard ones: cities, syllables and trades of the countries that lists are full of. One half is
learnt from, the other measured on.
"""

import random
from collections.abc import Sequence

CITIES = (
    "Ningbo", "Suzhou", "Dongguan", "Foshan", "Xiamen", "Qingdao", "Dalian", "Hefei", "Changsha", "Zhengzhou", "Jinan",
    "Kunming", "Wuxi", "Wenzhou", "Zhuhai", "Yantai", "Weifang", "Luoyang", "Tangshan", "Baoding", "Nantong",
    "Changzhou",
    "Jiaxing", "Huizhou", "Quanzhou", "Guiyang", "Nanning", "Haikou", "Lanzhou", "Yinchuan", "Urumqi", "Hohhot",
    "Shenzhen", "Guangzhou", "Hangzhou", "Chengdu", "Chongqing", "Tianjin", "Wuhan", "Nanjing", "Xi'an", "Shenyang",
    "Kazan", "Samara", "Perm", "Tula", "Omsk", "Tomsk", "Ufa", "Minsk", "Isfahan", "Shiraz", "Tabriz", "Mashhad",
    "Karaj",
    "Ankara", "Izmir", "Bursa", "Dubai", "Sharjah", "Karachi", "Lahore", "Hanoi", "Busan", "Nagoya", "Lyon", "Bremen",
    "Porto", "Gdansk", "Graz", "Bergen", "Malmo", "Leeds", "Denver", "Austin", "Toronto", "Perth", "Durban", "Quito",
)  # fmt: skip
SYLLABLES = (
    "heng", "tai", "xin", "hong", "fu", "rui", "sheng", "jia", "yuan", "bang", "de", "li", "hao", "ming", "feng",
    "long",
    "hai", "tian", "yu", "jin", "zhong", "kang", "an", "bo", "wei", "shun", "chang", "xing", "da", "tong", "guang",
    "mei",
    "run", "ze", "kai", "zhi", "lian", "he", "qi", "shi", "ying", "cheng", "lan", "yi", "you", "zheng", "bai", "run",
)  # fmt: skip
STEMS = (
    "Nord", "Vega", "Lumen", "Altus", "Brio", "Corvo", "Delmar", "Exa", "Fjord", "Galant", "Helio", "Indus", "Juno",
    "Kestrel",
    "Lyra", "Mistral", "Novum", "Orbis", "Prisma", "Quant", "Rialto", "Solaris", "Tundra", "Umbra", "Vertex", "Wexford",
    "Xeno", "Yarrow", "Zephyr", "Acorn", "Birch", "Cedar", "Dunmore", "Elmwood", "Falcon", "Granite", "Harbor",
    "Ironbridge",
    "Juniper", "Kingsway", "Larkspur", "Meridian", "Northgate", "Oakfield", "Pinnacle", "Quarry", "Ridgeline", "Summit",
    "Talon", "Upland", "Vantage", "Willow", "Beacon", "Cobalt", "Drift", "Ember", "Flint", "Glacier", "Horizon",
    "Ivory",
    "Pars", "Sepahan", "Aryan", "Kaveh", "Mehr", "Sanat", "Iskra", "Zarya", "Rassvet", "Polyot", "Strela", "Neva",
    "Baltika",
    "Anadolu", "Marmara", "Yildiz", "Deniz", "Al Noor", "Al Fajr", "Al Wadi", "Gulf", "Sahara", "Atlas", "Cedars",
    "Levant",
)  # fmt: skip
TRADES = (
    "Precision Machinery", "Electronic Technology", "Import and Export", "Network Technology", "Information Technology",
    "Textile", "Furniture", "Packaging", "Plastic Products", "Auto Parts", "Medical Devices", "Food", "Logistics",
    "Intelligent Equipment", "New Materials", "Energy Saving", "Optoelectronics", "Software", "Semiconductor Materials",
    "Trading", "Industrial", "Aviation Services", "Marine Equipment", "Chemical", "Steel", "Cable", "Instrument",
    "Construction Engineering", "Environmental Protection", "Biotechnology", "Pharmaceutical", "Culture Media",
    "Data Systems", "Cloud Computing", "Robotics", "Battery", "Solar", "Investment", "Consulting", "Design", "Toys",
    "Petrochemical Engineering", "Oil Field Services", "Shipping", "Telecom Equipment", "Machine Building Plant",
    "Research Institute", "Scientific Instruments", "Special Vehicles", "Bearings", "Power Equipment", "Foods",
    "Holding",
    "Capital Partners", "Insurance Brokers", "Hotels", "Real Estate", "Mining", "Agricultural Products", "Shipyard",
)  # fmt: skip
FORMS = (
    "Co., Ltd.", "Co., Ltd", "Limited", "Ltd.", "LLC", "Inc.", "Corp.", "GmbH", "S.A.", "JSC", "Group Co., Ltd.",
    "PJSC",
    "FZE", "A.S.", "Sp. z o.o.", "Pvt. Ltd.", "Company", "Corporation", "Holdings Limited", "",
)  # fmt: skip


def half_of(words: Sequence[str], half: int) -> tuple[str, ...]:
    """Every other word, from the first or from the second."""
    return tuple(words[half::2])


def composed(count: int, *, half: int, seed: int) -> list[str]:
    """Give so many names, each once.

    Args:
        count: How many.
        half: 0 or 1: which half of cities, syllables and stems. Trades and legal forms are everybody's.
        seed: Of the draws.
    """
    draw = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    cities, syllables, stems = (half_of(words, half) for words in (CITIES, SYLLABLES, STEMS))
    found: dict[str, None] = {}
    while len(found) < count:
        trade, form = draw.choice(TRADES), draw.choice(FORMS)
        chinese = "".join(draw.sample(syllables, draw.choice((2, 2, 3)))).title()
        stem = draw.choice(stems)
        name = draw.choice(
            (
                f"{draw.choice(cities)} {chinese} {trade} {form}", f"{chinese} {trade} {form}",
                f"{stem} {trade} {form}", f"{draw.choice(cities)} {stem} {trade} {form}",
                f"{stem} {draw.choice(stems)} {form}", f"{chinese} ({draw.choice(cities)}) {trade} {form}",
            )
        )  # fmt: skip
        found[name.strip()] = None
    return list(found)


def recombined(names: Sequence[str], count: int, *, seed: int) -> list[str]:
    """Names made of the words of others, one word of each: they sound as theirs do, and are nobody's."""
    draw = random.Random(seed)  # noqa: S311 - a seeded draw, not a secret
    words = [name.split() for name in names]
    words = [one for one in words if 2 <= len(one) <= 7]
    found: dict[str, None] = {}
    while len(found) < count:
        pattern = draw.choice(words)
        made = [draw.choice(draw.choice(words)) for _ in pattern[:-1]]
        found[" ".join([*made, pattern[-1]])] = None
    return list(found)
