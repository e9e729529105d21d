# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.holder import Holder
from fakes.identity_provider import IdentityProvider
from stillwatch.access.adapters import oidc_provider
from stillwatch.access.adapters.oidc_provider import OidcProvider
from stillwatch.errors import Unavailable


def test_keys_are_fetched_once_and_those_of_other_kinds_left_out() -> None:
    with IdentityProvider() as server:
        provider = OidcProvider(server.issuer)
        for _ in range(3):
            assert [key.kid for key in provider.keys(server.holder.jkt)] == [server.holder.jkt]
        assert server.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_key_that_is_not_known_is_asked_for_but_not_at_will(monkeypatch: pytest.MonkeyPatch) -> None:
    with IdentityProvider() as server:
        provider = OidcProvider(server.issuer)
        provider.keys(server.holder.jkt)
        server.holder = Holder("rotated")
        for _ in range(5):
            assert [key.kid for key in provider.keys(server.holder.jkt)] != [server.holder.jkt]
        assert len(server.asked) == 2
        monkeypatch.setattr(oidc_provider, "AGAIN_SECONDS", 0.0)
        assert [key.kid for key in provider.keys(server.holder.jkt)] == [server.holder.jkt]


def test_a_provider_that_is_another_or_not_there_is_unavailable() -> None:
    with IdentityProvider() as server:
        server.says_issuer = "https://other.test"
        with pytest.raises(Unavailable, match="another"):
            OidcProvider(server.issuer).keys(None)
        issuer = server.issuer
    with pytest.raises(Unavailable, match="cannot be asked"):
        OidcProvider(issuer).keys(None)
