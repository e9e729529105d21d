# SPDX-License-Identifier: Apache-2.0
"""Prints names of companies as JSON: ``registered`` with the US SEC, and ``invented`` by Faker, by locale.

    bench/.work/venv-screening/bin/python dev/screening/companies.py

Runs in the bench's own environment (``bench/requirements-screening.txt``), where the two packages are. The register
is a
table that edgartools ships; the SEC's marks after a name ("/DE/") are taken off. Locales whose word lists are real,
often
listed, companies are left out (fa_IR), or what is real in them is (ru_RU).
"""

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pyarrow.parquet as pq
from faker import Faker

LEARNT = ("en_GB", "fr_FR", "pl_PL", "pt_BR", "uk_UA", "ko_KR", "ar_SA", "en_IN")
"""Locales that are learnt from; the others are measured on."""
MEASURED = (
    "en_US", "de_DE", "es_ES", "it_IT", "nl_NL", "tr_TR", "ru_RU", "zh_CN", "ja_JP", "vi_VN", "id_ID", "hy_AM", "hi_IN",
)  # fmt: skip
EACH = 600


def main() -> None:
    """Print them."""
    spec = find_spec("edgar")
    if spec is None or spec.origin is None:
        sys.exit("edgartools is not installed here")
    table = pq.read_table(Path(spec.origin).parent / "reference" / "data" / "company_tickers.parquet", columns=["name"])
    registered = sorted({re.sub(r"\s*[/\\][A-Z ]+[/\\]?$", "", name) for name in table["name"].to_pylist()})
    invented = {}
    for locale in (*LEARNT, *MEASURED):
        faker = Faker(locale)
        faker.seed_instance(7)
        names = sorted({faker.company() for _ in range(EACH)})
        invented[locale] = [name for name in names if locale != "ru_RU" or "«" in name]
    json.dump({"registered": registered, "learnt": LEARNT, "invented": invented}, sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
