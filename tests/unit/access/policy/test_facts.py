# SPDX-License-Identifier: Apache-2.0
import msgspec

from stillwatch.access.policy.facts import (
    NOT_COUNTED,
    UNKNOWN,
    Circumstances,
    KeyFacts,
    ModelFacts,
    OrgFacts,
    PersonFacts,
    Reseller,
    Vetting,
)
from stillwatch.records.binding import Binding, ExportClass


def test_what_is_left_out_reads_as_not_known_and_never_as_good() -> None:
    org = OrgFacts(org_id="o", version=1, digest="d")
    assert (org.vetting, org.tier, org.reseller) == (Vetting.UNKNOWN, 0, Reseller.UNKNOWN)
    assert (org.hq_country, org.parent_countries, org.end_uses, org.terms) == (UNKNOWN, (UNKNOWN,), (UNKNOWN,), UNKNOWN)
    assert not any((org.ownership_clear, org.screened, org.models, org.uses, org.credentials, org.licences))
    assert org.open_hits == org.confirmed_hits == NOT_COUNTED
    key = KeyFacts(key_id="k", account_id="a", org_id="o", version=1, digest="d")
    assert not key.scopes
    assert not key.models
    assert key.binding is Binding.BEARER
    assert PersonFacts(person_id="p", org_id="o", version=1, digest="d").export_class is ExportClass.UNATTESTED
    assert not ModelFacts(model="m", version=1, digest="d").classes
    now = Circumstances()
    assert (now.country, now.hosting, now.standing) == (UNKNOWN, UNKNOWN, 4)
    assert (now.binding, now.person_class) == (Binding.BEARER, ExportClass.UNATTESTED)


def test_facts_survive_the_way_to_a_worker() -> None:
    org = OrgFacts(org_id="o", version=1, digest="d", vetting=Vetting.APPROVED, tier=2, vetted_until_us=5)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(org), type=OrgFacts) == org
