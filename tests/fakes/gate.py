# SPDX-License-Identifier: Apache-2.0
"""A gate and a recorder in memory, which tests tell what to say."""

import asyncio
from collections.abc import Callable

import msgspec

from stillwatch.errors import Unavailable
from stillwatch.records.exchange import Exchange
from stillwatch.records.grant import Denial, Grant, Issued, Verdict, Wanted
from stillwatch.records.proof import Proof

GOOD_KEY = "swk_test_good"
GOOD = Grant(key_id="k-1", org_id="org-1", account_id="acct-1", route="direct")


class DictGate:
    """Knows keys by their text; ``closed_models`` are open to nobody, and what runs on ``cut_models`` must end."""

    def __init__(self, stances: dict[str, Grant | Denial] | None = None) -> None:
        self.stances: dict[str, Grant | Denial] = stances if stances is not None else {GOOD_KEY: GOOD}
        self.closed_models: set[str] = set()
        self.cut_models: set[str] = set()
        self.asked: list[tuple[str | None, str | None, str | None]] = []

    def authorize(
        self,
        api_key: str | None,
        *,
        client_ip: str | None,
        model: str | None,
        now_us: int,
        proof: Proof | None = None,
    ) -> Grant | Denial:
        """See ``Gate``."""
        del now_us, proof
        self.asked.append((api_key, client_ip, model))
        if not api_key:
            return Denial(code="missing_api_key", status=401, message="No API key was given.")
        stance = self.stances.get(api_key)
        if stance is None:
            return Denial(code="invalid_api_key", status=401, message="The API key is not known.")
        if isinstance(stance, Grant) and model in self.closed_models:
            return Denial(
                code="model_not_allowed",
                status=403,
                message="This key may not use this model.",
                key_id=stance.key_id,
                org_id=stance.org_id,
                account_id=stance.account_id,
                rung=stance.rung,
            )
        return stance

    def issue_token(self, assertion: str, *, client_ip: str | None, now_us: int) -> Issued | Denial:
        """See ``Gate``. Any text that names a good key is good."""
        del client_ip, now_us
        if assertion not in self.stances:
            return Denial(code="invalid_client_assertion", status=401, message="The client assertion is not known.")
        return Issued(text=assertion, scheme="Bearer", seconds=600)

    def reconsider(self, grant: Grant, *, client_ip: str | None, wanted: Wanted, now_us: int) -> Grant | Denial:
        """See ``Gate``."""
        api_key = next((key for key, stance in self.stances.items() if stance == grant), None)
        return self.authorize(api_key, client_ip=client_ip, model=wanted.model, now_us=now_us)

    def must_end(self, grant: Grant, wanted: Wanted, *, now_us: int) -> Denial | None:
        """See ``Gate``."""
        del now_us
        if wanted.model not in self.cut_models:
            return None
        return Denial(
            code="policy_denied",
            status=403,
            message="A directive closed this model.",
            key_id=grant.key_id,
            org_id=grant.org_id,
            account_id=grant.account_id,
            verdict=Verdict("directive/d-1/small", "rules=sha256:1"),
        )


class ListRecorder:
    """Keeps rows in a list, or refuses to."""

    def __init__(self) -> None:
        self._more = asyncio.Event()
        self.begun: list[str] = []
        self.rows: list[Exchange] = []
        self.is_writable = True
        self.fails_to_finish = False
        self.seconds_to_finish = 0.0
        self.on_finish: Callable[[Exchange], None] = lambda _: None

    def begin(self, *, exchange_id: str, ts_us: int, org_id: str, account_id: str, model: str) -> None:
        """See ``Recorder``."""
        del ts_us, org_id, account_id, model
        self.begun.append(exchange_id)

    async def finish(self, exchange: Exchange) -> None:
        """See ``Recorder``."""
        if self.seconds_to_finish:
            await asyncio.sleep(self.seconds_to_finish)
        if self.fails_to_finish:
            raise Unavailable("The disk is full.")
        self.on_finish(exchange)
        # What cannot be written down is not a row.
        msgspec.json.encode(exchange)
        self.rows.append(exchange)
        self._more.set()

    async def wait(self, rows: int = 1) -> None:
        """Wait until so many rows are there, some of which come after the caller has gone."""
        async with asyncio.timeout(5):
            while len(self.rows) < rows:
                self._more.clear()
                await self._more.wait()

    def row(self, exchange_id: str) -> Exchange:
        """The only row of an exchange."""
        found = [row for row in self.rows if row.exchange_id == exchange_id]
        assert len(found) == 1, f"{len(found)} rows of {exchange_id}"
        return found[0]
