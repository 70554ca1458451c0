"""The situations of a PostgreSQL, by label: a real server wherever one can be brought to say it."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

from functions.database.family import SchemaVersion
from sandbox.postgres import Role
from tests.fault_lab.canary import CANARY, plant
from tests.fault_lab.database_making import (
    APPLICATION,
    EXPIRED,
    MARKS,
    MONITOR,
    READER,
    RETIRED,
    SHORT,
    SINGLE,
    UNSEEING,
    WAIT,
    admitting,
    advisory,
    after_tls_request,
    altered,
    behind_tls,
    busy_blocker,
    chain,
    frozen,
    held,
    idle_blocker,
    idle_session,
    leaf,
    left_open,
    locked,
    name_gone,
    other_password,
    peer,
    plain,
    prepared_alone,
    prepared_blocker,
    silent,
    standby,
    stopping,
    works,
)
from tests.fault_lab.situation import Situation
from tests.functional.functions.database.conftest import free_port
from tests.functional.hostile.postgres_peers import READY, after_query, after_startup, columns, facts_row, refusal, row
from tests.functional.hostile.scripts import resets_after, says, then_waits


def _versions(table: str, *expected: str) -> dict[str, Any]:
    return {"schema_versions": (SchemaVersion(table=table, expected=expected),)}


_LEAKING = "FATAL: the password is " + plant("database: a server's error")
_ENDS_SESSION = refusal("57P01", _LEAKING)
_NO_ENTRY = refusal("28000", f'no pg_hba.conf entry for host "{CANARY}", user "shop", database "shop", SSL encryption')
_CERTIFICATE = refusal("28000", "connection requires a valid client certificate", routine="ClientAuthentication")
_BEHIND = facts_row(recovering=True, lag_ms=900_000)
_BANNER = b"SSH-2.0-OpenSSH_9.6\r\n"
_HTTP = b"HTTP/1.1 400 Bad Request\r\n\r\n"
_NO_TLS_WANTED = ["hostssl all all 127.0.0.1/32 scram-sha-256"]
_READ_ONLY = "ALTER DATABASE shop {} default_transaction_read_only"

_wrong = partial(plain, secret="not-the-password-4711")

SITUATIONS: dict[str, Callable[[], AbstractContextManager[Situation]]] = {
    "database-healthy-own": plain,
    "database-healthy-application": partial(plain, APPLICATION),
    "database-healthy-verified": behind_tls,
    "database-healthy-encrypted": partial(behind_tls, leaf("db.test", begins=-9, ends=-1), tls="require", ca_file=None),
    "database-healthy-md5": partial(other_password, CANARY, "md5"),
    "database-secret-text": partial(plain, APPLICATION, secret=APPLICATION.password),
    "database-secret-other-key": partial(
        plain,
        APPLICATION,
        secret=json.dumps({"database_password": APPLICATION.password, "password": "another-4711"}),
        password_key="database_password",
    ),
    "database-password-of-marks": partial(other_password, MARKS),
    "database-lock-young": partial(locked, idle_blocker, max_lock_wait=timedelta(seconds=30)),
    "database-lock-advisory": partial(locked, advisory),
    "database-transaction-young": partial(locked, left_open, max_transaction=timedelta(seconds=30)),
    "database-idle-session": idle_session,
    "database-connections-few": partial(held, 2, APPLICATION),
    "database-replica-declared": partial(standby, role="replica"),
    "database-read-only-role": partial(plain, READER),
    "database-schema-current": partial(plain, **_versions("alembic_version", "b2", "a1")),
    "database-schema-two-heads": partial(plain, **_versions("public.alembic_version", "a1", "b2")),
    "database-name-gone": name_gone,
    "database-refused": lambda: plain(port=free_port()),
    "database-silent": silent,
    "database-tls-not-offered": partial(plain, tls="require"),
    "database-tls-frozen": partial(frozen, "require"),
    "database-tls-half": partial(peer, after_tls_request(then_waits(b"S")), tls="require", timeout=SHORT),
    "database-tls-closed": partial(peer, after_tls_request(says()), tls="require"),
    "database-certificate-expired": partial(behind_tls, leaf("db.test", begins=-9, ends=-1)),
    "database-certificate-not-yet-valid": partial(behind_tls, leaf("db.test", begins=1)),
    "database-certificate-untrusted": partial(behind_tls, trusted=False),
    "database-certificate-self-signed": partial(behind_tls, self_signed=True, trusted=False),
    "database-certificate-other-name": partial(behind_tls, leaf("replica.test")),
    "database-certificate-demanded": partial(behind_tls, demands=True),
    "database-ca-file-missing": partial(plain, tls="verify", ca_file="/nonexistent/authorities.pem"),
    "database-http-behind-port": partial(peer, after_startup(says(_HTTP))),
    "database-http-behind-tls": partial(peer, after_tls_request(says(_HTTP)), tls="require"),
    "database-ssh-behind-port": partial(peer, says(_BANNER), tls="require"),
    "database-noise-behind-port": partial(peer, after_startup(says(bytes(range(256)) + CANARY.encode()))),
    "database-wrong-password": partial(_wrong, APPLICATION),
    "database-unknown-user": partial(_wrong, Role(name="nobody_known", password="x")),
    "database-expired-password": partial(plain, EXPIRED),
    "database-own-wrong-password": _wrong,
    "database-nologin": partial(plain, RETIRED),
    "database-own-nologin": partial(altered, "ALTER ROLE health_auditor NOLOGIN", "ALTER ROLE health_auditor LOGIN"),
    "database-wrong-database": partial(plain, APPLICATION, database="mlflow"),
    "database-closed": partial(
        altered,
        "ALTER DATABASE shop ALLOW_CONNECTIONS false",
        "ALTER DATABASE shop ALLOW_CONNECTIONS true",
    ),
    "database-slots-full": partial(held, 7, APPLICATION),
    "database-role-limit": partial(held, 1, SINGLE, SINGLE),
    "database-own-role-limit": partial(held, 3, MONITOR),
    "database-database-limit": partial(
        altered, "ALTER DATABASE shop CONNECTION LIMIT 0", "ALTER DATABASE shop CONNECTION LIMIT -1"
    ),
    "database-no-connect": partial(
        altered,
        "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
        "GRANT CONNECT ON DATABASE shop TO PUBLIC",
        UNSEEING,
        login="application",
    ),
    "database-no-hba": partial(behind_tls, who=APPLICATION, behind=after_startup(says(_NO_ENTRY))),
    "database-tls-demanded": partial(admitting, _NO_TLS_WANTED, APPLICATION),
    "database-own-tls-demanded": partial(admitting, _NO_TLS_WANTED),
    "database-certificate-demanded-at-login": partial(peer, after_startup(says(_CERTIFICATE)), who=APPLICATION),
    "database-text-password": partial(admitting, ["host all all 127.0.0.1/32 password"], APPLICATION),
    "database-starting": partial(peer, after_startup(says(refusal("57P03", _LEAKING)))),
    "database-stopping": stopping,
    "database-frozen": partial(frozen, "disable"),
    "database-closes-login": partial(peer, after_startup(says())),
    "database-resets-login": partial(peer, after_startup(resets_after())),
    "database-storage-full": partial(peer, after_startup(says(refusal("53100", _LEAKING)))),
    "database-out-of-memory": partial(peer, after_startup(says(refusal("53200", _LEAKING)))),
    "database-secret-not-json": partial(plain, secret=f'{{"password": "{CANARY}"'),
    "database-secret-wrong-key": partial(plain, secret=json.dumps({"token": CANARY})),
    "database-secret-empty": partial(plain, secret='{"password": ""}'),
    "database-query-silent": partial(peer, after_query(then_waits()), timeout=SHORT),
    "database-query-terminated": partial(peer, after_query(says(_ENDS_SESSION))),
    "database-query-storage-full": partial(peer, after_query(then_waits(refusal("53100", _LEAKING) + READY))),
    "database-query-nonsense": partial(peer, after_query(then_waits(columns(25) + row(CANARY.encode()) + READY))),
    "database-standby": standby,
    "database-promoted": partial(plain, role="replica"),
    "database-read-only-default": partial(
        altered, _READ_ONLY.format("SET") + " = on", _READ_ONLY.format("RESET"), APPLICATION
    ),
    "database-connections-high": partial(held, 5, APPLICATION),
    "database-lock-idle-blocker": partial(locked, idle_blocker),
    "database-lock-busy-blocker": partial(locked, busy_blocker),
    "database-lock-chain": partial(locked, chain),
    "database-lock-prepared": partial(locked, prepared_blocker),
    "database-lock-unseen": partial(plain, UNSEEING),
    "database-transaction-idle": partial(locked, left_open, max_transaction=WAIT),
    "database-transaction-busy": partial(locked, works, max_transaction=WAIT),
    "database-transaction-prepared": partial(locked, prepared_alone, max_transaction=WAIT),
    "database-replica-behind": partial(
        peer, after_query(then_waits(_BEHIND)), role="replica", max_replica_lag=timedelta(seconds=30)
    ),
    "database-schema-behind": partial(plain, **_versions("alembic_version", "c3")),
    "database-schema-absent": partial(plain, **_versions("hokusai_version", "c3")),
    "database-schema-unreadable": partial(plain, **_versions("locked_version", "a1", "b2")),
}
"""Every label of ``labels/database.yaml``."""
