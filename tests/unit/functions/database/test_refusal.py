"""Every SQLSTATE that a login or query can meet, in the words of several versions, languages and poolers."""

import pytest

from auditor.domain.observation import Phase
from functions.database.refusal import refusal_of

_HBA = 'no pg_hba.conf entry for host "10.0.1.7", user "mlflow", database "mlflow_db", '
_SLOTS = "remaining connection slots are reserved for "


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"C": "28P01", "M": 'password authentication failed for user "mlflow"'}, "pg.auth_failed"),
        ({"C": "28000", "M": 'role "mlflow" is not permitted to log in'}, "pg.not_permitted"),
        ({"C": "28000", "M": _HBA + "no encryption"}, "pg.no_hba_no_tls"),
        ({"C": "28000", "M": _HBA + "SSL off"}, "pg.no_hba_no_tls"),
        ({"C": "28000", "M": _HBA + "SSL encryption"}, "pg.no_hba"),
        ({"C": "28000", "M": _HBA + "GSS encryption"}, "pg.no_hba"),
        ({"C": "28000", "M": _HBA + "SSL on"}, "pg.no_hba"),
        ({"C": "28000", "M": 'pg_hba.conf rejects connection for host "10.0.1.7", SSL encryption'}, "pg.no_hba"),
        ({"C": "3D000", "M": 'database "mlflow" does not exist'}, "pg.no_database"),
        ({"C": "55000", "M": 'database "x" is not currently accepting connections'}, "pg.database_closed"),
        ({"C": "42501", "M": 'permission denied for database "x"'}, "pg.no_privilege"),
        ({"C": "53300", "M": "sorry, too many clients already", "R": "InitProcess"}, "pg.slots_full"),
        ({"C": "53300", "M": _SLOTS + "non-replication superuser connections"}, "pg.slots_full"),
        ({"C": "53300", "M": _SLOTS + "roles with the SUPERUSER attribute", "R": "InitPostgres"}, "pg.slots_full"),
        ({"C": "53300", "M": 'too many connections for role "mlflow"'}, "pg.role_limit"),
        ({"C": "53300", "M": "zu viele Verbindungen für Rolle", "R": "InitializeSessionUserId"}, "pg.role_limit"),
        ({"C": "53300", "M": 'too many connections for database "x"'}, "pg.database_limit"),
        ({"C": "53300", "M": "zu viele Verbindungen für Datenbank", "R": "CheckMyDatabase"}, "pg.database_limit"),
        ({"C": "57P03", "M": "the database system is starting up"}, "pg.starting"),
        ({"C": "57P01", "M": "terminating connection due to administrator command"}, "pg.terminated"),
        ({"C": "25006", "M": "cannot execute INSERT in a read-only transaction"}, "pg.read_only"),
        ({"C": "28000", "M": "ein Zertifikat", "R": "ClientAuthentication"}, "pg.certificate_demanded"),
        ({"C": "28000", "M": 'certificate authentication failed for user "x"', "R": "auth_failed"}, "pg.login_failed"),
        ({"C": "28000", "M": "Rolle darf nicht", "R": "InitializeSessionUserId"}, "pg.not_permitted"),
        ({"C": "53100", "M": "could not extend file: No space left on device"}, "pg.storage_full"),
        ({"C": "53200", "M": "out of memory"}, "pg.out_of_memory"),
        ({"C": "57014", "M": "canceling statement due to statement timeout"}, "pg.query_timeout"),
    ],
)
def test_sqlstates_have_their_causes(fields: dict[str, str], cause: str) -> None:
    refusal = refusal_of(fields, phase=Phase.LOGIN, encrypted=True)
    assert (refusal.cause, refusal.sqlstate) == (cause, fields["C"])


@pytest.mark.parametrize(("encrypted", "cause"), [(True, "pg.no_hba"), (False, "pg.no_hba_no_tls")])
def test_in_another_language_our_own_side_says_whether_the_connection_was_encrypted(
    encrypted: bool, cause: str
) -> None:
    fields = {"C": "28000", "M": "kein pg_hba.conf-Eintrag für Host »10.0.1.7«, verschlüsselt vielleicht"}
    assert refusal_of(fields, phase=Phase.LOGIN, encrypted=encrypted).cause == cause


def test_an_unknown_sqlstate_is_named_by_the_phase() -> None:
    assert refusal_of({"C": "XX000"}, phase=Phase.LOGIN, encrypted=True).cause == "pg.login_failed"
    assert refusal_of({"C": "XX000"}, phase=Phase.QUERY, encrypted=True).cause == "pg.query_failed"


@pytest.mark.parametrize("sqlstate", ["", "28p01", "canary", "28P01\n", "<b>ab"])
def test_what_is_no_sqlstate_is_no_postgresql(sqlstate: str) -> None:
    refusal = refusal_of({"C": sqlstate, "M": "x"}, phase=Phase.LOGIN, encrypted=True)
    assert (refusal.cause, refusal.sqlstate) == ("pg.protocol", "")


def test_nothing_of_the_servers_text_is_kept() -> None:
    fields = {"C": "28P01", "M": "canary", "D": "canary", "H": "canary", "R": "canary"}
    assert "canary" not in repr(refusal_of(fields, phase=Phase.LOGIN, encrypted=False))
