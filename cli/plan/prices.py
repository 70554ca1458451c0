"""Unit prices. Assumed: list prices of us-east-1 as known late 2025, in US dollars, without any free tier.

AWS's price pages are the source of all of them; nobody has compared them with a bill.
"""

from dataclasses import dataclass

HOURS = 730.0
"""A month, as AWS's own calculator counts."""
MINUTES = HOURS * 60
GIB = 1024.0**3
"""Bytes that AWS bills as one GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """``dollars`` for every ``per`` pieces of ``unit``."""

    dollars: float
    per: float = 1
    unit: str

    def of(self, quantity: float) -> float:
        """Dollars for that many pieces; AWS rounds no part of a package up."""
        return quantity / self.per * self.dollars


LAMBDA_TIME = Price(dollars=0.0000133334, unit="GB-s")
"""arm64; the time of a cold start is billed as well."""
LAMBDA_REQUEST = Price(dollars=0.20, per=1e6, unit="runs")
SCHEDULED_EVENT = Price(dollars=0, per=1e6, unit="events")
"""Rules on a schedule on the default bus cost nothing; EventBridge Scheduler would be $1 a million."""

METRIC = Price(dollars=0.30, unit="metrics")
"""For each of the first 10,000 of an account."""
ALARM = Price(dollars=0.10, unit="alarms")
"""On one standard metric; a composite alarm is $0.50."""
FAST_ALARM = Price(dollars=0.30, unit="alarms")
"""With a period under a minute, which AWS calls high-resolution; the metric itself costs no more for that."""
DASHBOARD = Price(dollars=3, unit="dashboard")
LOG_INGESTED = Price(dollars=0.50, unit="GB")
LOG_STORED = Price(dollars=0.03, unit="GB")
"""AWS bills what is left after compression; here the plain size stands."""

TABLE_WRITE = Price(dollars=0.625, per=1e6, unit="WRU")
"""1 KB written; in a transaction two units."""
TABLE_READ = Price(dollars=0.125, per=1e6, unit="RRU")
"""4 KB read consistently."""
TABLE_STORED = Price(dollars=0.25, unit="GB")
TABLE_RECOVERY = Price(dollars=0.20, unit="GB")
"""Point-in-time recovery, by the table's size."""

BUCKET_PUT = Price(dollars=0.005, per=1e3, unit="requests")
BUCKET_GET = Price(dollars=0.0004, per=1e3, unit="requests")
BUCKET_STORED = Price(dollars=0.023, unit="GB")

KEY = Price(dollars=1, unit="key")
"""AWS adds a dollar for each of the first two yearly rotations."""
KEY_REQUEST = Price(dollars=0.03, per=1e4, unit="requests")
SECRET_READ = Price(dollars=0.05, per=1e4, unit="reads")
PUBLISH = Price(dollars=0.50, per=1e6, unit="messages")
"""To HTTPS and queues; mail is $2 for 100,000."""
CONTROL_CALL = Price(dollars=0, per=1e3, unit="calls")
"""Describe and List of ECS, Cloud Map, Route 53 and SSM cost nothing; GetMetricData would be $0.01 a thousand."""

ENDPOINT_HOUR = Price(dollars=0.01, unit="endpoint-hours")
"""For each interface endpoint in each zone; gateway endpoints cost nothing. $0.01 a GB comes on top."""
NAT_HOUR = Price(dollars=0.045, unit="NAT-hours")
NAT_DATA = Price(dollars=0.045, unit="GB")
PUBLIC_ADDRESS_HOUR = Price(dollars=0.005, unit="address-hours")
