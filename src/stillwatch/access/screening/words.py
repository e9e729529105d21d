# SPDX-License-Identifier: Apache-2.0
"""Words that company names are made of: filler, abbreviations, and translations from other scripts."""

from types import MappingProxyType

FILLER = frozenset(
    (
        "the", "of", "and", "for", "in", "a", "an", "de", "la", "le", "les", "el", "los", "las", "du", "des", "der",
        "die",
        "das", "und", "et", "y", "e", "i", "van", "von", "al", "dos", "da", "do",
    )
)  # fmt: skip
"""Words that tell nothing apart."""

FORMS = frozenset(
    (
        "co", "company", "corp", "corporation", "inc", "incorporated", "ltd", "limited", "llc", "plc", "gmbh", "ag",
        "sa",
        "bv", "nv", "oy", "ab", "as", "spa", "srl", "kft", "zao", "oao", "ooo", "pao", "ojsc", "pjsc", "jsc", "cjsc",
        "pte", "pvt", "pty", "fze", "fzc", "fzco", "sarl", "llp", "lp", "bhd", "sdn", "kompaniya",
    )
)  # fmt: skip
"""Legal forms in Latin letters, for where a longer form is written in an unusual way and only a part of it is left."""

ABBREVIATIONS = MappingProxyType(
    {
        "acad": "academy", "admin": "administration", "assoc": "association", "auto": "automotive", "avn": "aviation",
        "bros": "brothers", "cent": "center", "centre": "center", "chem": "chemical", "comm": "communication",
        "commun": "communication", "communications": "communication", "const": "construction", "dept": "department",
        "dev": "development", "devt": "development", "electr": "electric", "elec": "electronics",
        "electronic": "electronics", "eng": "engineering", "engrg": "engineering", "engr": "engineering",
        "equip": "equipment", "fac": "factory", "fin": "finance", "govt": "government", "grp": "group",
        "hldg": "holding", "hldgs": "holding", "holdings": "holding", "ind": "industry", "inds": "industry",
        "indus": "industry", "industries": "industry", "industrial": "industry", "info": "information",
        "inst": "institute", "instr": "instrument", "instruments": "instrument", "intl": "international",
        "int": "international", "invest": "investment", "inv": "investment", "investments": "investment",
        "lab": "laboratory", "labs": "laboratory", "laboratories": "laboratory", "mach": "machinery",
        "manuf": "manufacturing", "manufg": "manufacturing", "mfg": "manufacturing", "mat": "material",
        "materials": "material", "mgmt": "management", "mgt": "management", "mktg": "marketing", "natl": "national",
        "org": "organization", "organisation": "organization", "petro": "petroleum", "prod": "production",
        "products": "product", "res": "research", "sci": "science", "sciences": "science", "scientific": "science",
        "semi": "semiconductor", "semicon": "semiconductor", "serv": "service", "services": "service",
        "svc": "service", "svcs": "service", "ship": "shipping", "soft": "software", "stat": "statistics",
        "sys": "system", "syst": "system", "systems": "system", "tech": "technology", "technol": "technology",
        "technologies": "technology", "telecom": "telecommunication", "telecoms": "telecommunication",
        "telecommunications": "telecommunication", "trdg": "trading", "trans": "transport", "univ": "university",
        "defence": "defense", "labour": "labor",
        # Russian in Latin letters, as lists write it.
        "zavod": "plant", "institut": "institute", "universitet": "university", "gruppa": "group",
        "korporatsiya": "corporation", "obedinenie": "association", "obyedineniye": "association",
        "obedinenye": "association", "predpriyatie": "enterprise", "predpriyatiye": "enterprise",
        "tekhnologii": "technology", "tekhnologiya": "technology", "elektronika": "electronics", "sistemy": "system",
        "tsentr": "center", "nauchno": "science", "proizvodstvennoe": "production", "proizvodstvennoye": "production",
        "gosudarstvennoe": "state", "gosudarstvennyy": "state", "federalnoe": "federal",
    }
)  # fmt: skip
"""Short for long, plural for singular, British for American: applied to both sides, never to persons."""

FOREIGN = MappingProxyType(
    {
        # Chinese, simplified; where the traditional differs, it follows.
        "股份有限公司": "co ltd", "有限责任公司": "co ltd", "有限責任公司": "co ltd", "有限公司": "co ltd",
        "公司": "company",
        "集团": "group", "集團": "group", "控股": "holding", "科技": "technology", "技术": "technology",
        "技術": "technology", "电子": "electronics", "電子": "electronics", "信息": "information",
        "资讯": "information",
        "通信": "communication", "通讯": "communication", "电信": "telecommunication", "移动": "mobile",
        "联通": "unicom",
        "半导体": "semiconductor", "集成电路": "integrated circuit", "微电子": "microelectronics",
        "光电": "optoelectronics",
        "航空": "aviation", "航天": "aerospace", "航空航天": "aerospace", "卫星": "satellite", "船舶": "shipbuilding",
        "海运": "shipping", "兵器": "ordnance", "工业": "industry", "工業": "industry", "实业": "industry",
        "制造": "manufacturing", "机械": "machinery", "设备": "equipment", "仪器": "instrument", "材料": "material",
        "化学": "chemical", "化工": "chemical", "石油": "petroleum", "天然气": "natural gas", "核": "nuclear",
        "电力": "power", "能源": "energy", "汽车": "automobile", "铁路": "railway", "建设": "construction",
        "建筑": "construction", "工程": "engineering", "投资": "investment", "国际": "international",
        "國際": "international",
        "贸易": "trading", "进出口": "import export", "银行": "bank", "保险": "insurance", "大学": "university",
        "大學": "university", "学院": "institute", "研究院": "academy", "研究所": "institute",
        "科学院": "academy science",
        "实验室": "laboratory", "中心": "center", "软件": "software", "网络": "network", "数据": "data",
        "计算机": "computer",
        "计算": "computing", "人工智能": "artificial intelligence", "智能": "intelligent", "机器人": "robotics",
        "生物": "biological", "医疗": "medical", "医药": "pharmaceutical", "基因": "genomics", "安全": "security",
        "中国": "china", "中國": "china", "国家": "national", "上海": "shanghai", "北京": "beijing",
        "香港": "hong kong",
        # Russian and its neighbours, as words begin; what follows the stem is taken off by the comparison's tolerance.
        "завод": "plant", "институт": "institute", "университет": "university", "компания": "company",
        "группа": "group", "корпорация": "corporation", "объединение": "association", "предприятие": "enterprise",
        "государственный": "state", "государственное": "state", "федеральное": "federal", "технологии": "technology",
        "технология": "technology", "электроника": "electronics", "системы": "system", "банк": "bank",
        "центр": "center", "научно-исследовательский": "science research", "производственное": "production",
        "научно": "science", "промышленность": "industry", "авиационный": "aviation",
        "машиностроительный": "machine building",
        # Persian and Arabic.
        "شرکت": "company", "شركة": "company", "گروه": "group", "مجموعة": "group", "بانک": "bank", "بنك": "bank",
        "مصرف": "bank", "صنایع": "industry", "صناعات": "industry", "دانشگاه": "university", "جامعة": "university",
        "موسسه": "institute", "مؤسسة": "institute", "ملی": "national", "وطنية": "national", "ایران": "iran",
        "بین المللی": "international", "دولية": "international", "نفت": "oil", "نفط": "oil", "تجارت": "trading",
        "تجارة": "trading", "للتجارة": "trading",
    }
)  # fmt: skip
"""Words of company names in other scripts, in the English that lists use. The longest that fits is taken."""
