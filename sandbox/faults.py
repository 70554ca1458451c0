"""What can be broken in the sandbox, each with its way back: ``make break WHAT=<name>``, ``make mend WHAT=<name>``."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3
from pg8000.exceptions import DatabaseError, InterfaceError

from sandbox.estate import APPLICATION_ROLE, MONITORING_ROLE, MONITORING_SECRET
from sandbox.instance import REGION, STAGE, Instance
from sandbox.platform import SandboxPlatform
from sandbox.throttle import Throttle


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to break: what is done, and how it is undone."""

    what: str
    break_: Callable[["World"], None]
    mend: Callable[["World"], None]


class World:
    """All that a fault may touch: the platform's processes and the emulator's control plane."""

    def __init__(self, platform: SandboxPlatform, instance: Instance) -> None:
        self.platform = platform
        self._instance = instance
        self.saved_policies: dict[str, str] = {}
        self._in_the_way: list[Any] = []
        self.throttle: Throttle | None = None

    def throttle_tables(self) -> str:
        """Starts a proxy that throttles; returns its URL."""
        if self.throttle is None:
            self.throttle = Throttle(
                self._instance.endpoint, self._instance.control_port + 1, self._instance.path / "throttle.log"
            )
        return self.throttle.url

    def lock_orders(self) -> None:
        """Somebody forgets to end a transaction, which has locked the orders; a client waits for them."""
        postgres = self.platform.postgres
        forgetful, waiting = postgres.session(), postgres.session(postgres.owner)
        self._in_the_way += [forgetful, waiting]
        forgetful.run("BEGIN")
        forgetful.run("LOCK TABLE orders")
        threading.Thread(target=_wait_for_orders, args=(waiting,), daemon=True).start()

    def unlock_orders(self) -> None:
        """Both are gone."""
        while self._in_the_way:
            with suppress(DatabaseError, InterfaceError, OSError):
                self._in_the_way.pop(0).close()

    def stop(self) -> None:
        """Ends what a fault started and nobody mended."""
        self.unlock_orders()
        if self.throttle is not None:
            self.throttle.close()
            self.throttle = None

    def aws(self, service: str) -> Any:
        """A client of the emulator with the deployer's rights."""
        return boto3.client(
            service,
            endpoint_url=self._instance.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def rules_of(self, family: str) -> list[str]:
        """Names of a family's schedules."""
        return [
            rule["Name"] for rule in self.aws("events").list_rules()["Rules"] if f"-{STAGE}-{family}-" in rule["Name"]
        ]

    def function_of(self, family: str) -> str:
        """Name of a family's function."""
        return f"health-auditor-{STAGE}-{family}"


def _wait_for_orders(session: Any) -> None:
    with suppress(DatabaseError, InterfaceError, OSError):
        session.run("SELECT count(*) FROM orders")


def _stop_database(world: World) -> None:
    world.platform.postgres.stop()


def _start_database(world: World) -> None:
    world.platform.fill_holes()
    world.platform.postgres.stop()
    world.platform.postgres.start()


def _black_hole_database(world: World) -> None:
    world.platform.postgres.stop()
    world.platform.dig_holes(*world.platform.database_addresses)


def _block_auditor(world: World) -> None:
    inner, outer = world.platform.database_addresses
    world.platform.postgres.stop()
    world.platform.postgres.start(only_on=inner)
    world.platform.dig_holes(outer)


def _password(role: str, *, wrong: bool) -> Callable[[World], None]:
    def change(world: World) -> None:
        estate = world.platform.estate
        right = estate.application_password if role == APPLICATION_ROLE else estate.monitoring_password
        world.platform.postgres.set_password(role, "not-what-the-secret-says" if wrong else right)

    return change


def _schedule(family: str, *, enabled: bool) -> Callable[[World], None]:
    def switch(world: World) -> None:
        events = world.aws("events")
        for name in world.rules_of(family):
            (events.enable_rule if enabled else events.disable_rule)(Name=name)

    return switch


def _site(mode: str) -> Callable[[World], None]:
    return lambda world: _write_mode(world, mode)


def _write_mode(world: World, mode: str) -> None:
    world.platform.mode_file.write_text(mode, encoding="utf-8")


def _take_secret_permission(world: World) -> None:
    iam = world.aws("iam")
    role = world.aws("lambda").get_function_configuration(FunctionName=world.function_of("database"))["Role"]
    role_name = role.rpartition("/")[2]
    for policy_name in iam.list_role_policies(RoleName=role_name)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role_name, PolicyName=policy_name)["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        kept = [s for s in document["Statement"] if "secretsmanager:GetSecretValue" not in _actions(s)]
        if len(kept) < len(document["Statement"]):
            world.saved_policies[f"{role_name}/{policy_name}"] = json.dumps(document)
            iam.put_role_policy(
                RoleName=role_name, PolicyName=policy_name, PolicyDocument=json.dumps({**document, "Statement": kept})
            )
    _forget_warm_function(world, "database")


def _give_secret_permission(world: World) -> None:
    iam = world.aws("iam")
    for key, document in world.saved_policies.items():
        role_name, _, policy_name = key.partition("/")
        iam.put_role_policy(RoleName=role_name, PolicyName=policy_name, PolicyDocument=document)
    world.saved_policies.clear()
    _forget_warm_function(world, "database")


def _actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


def _secret(*, malformed: bool) -> Callable[[World], None]:
    def change(world: World) -> None:
        right = json.dumps({"username": MONITORING_ROLE, "password": world.platform.estate.monitoring_password})
        value = '{"user": "auditor", "pass' if malformed else right
        world.aws("secretsmanager").put_secret_value(SecretId=MONITORING_SECRET, SecretString=value)
        _forget_warm_function(world, "database")

    return change


def _throttle_table(world: World) -> None:
    _set_variable(world, "http", "AWS_ENDPOINT_URL_DYNAMODB", world.throttle_tables())


def _relieve_table(world: World) -> None:
    _set_variable(world, "http", "AWS_ENDPOINT_URL_DYNAMODB", None)
    world.stop()


def _set_variable(world: World, family: str, name: str, value: str | None) -> None:
    client = world.aws("lambda")
    function = world.function_of(family)
    variables = dict(client.get_function_configuration(FunctionName=function)["Environment"]["Variables"])
    variables.pop(name, None)
    if value is not None:
        variables[name] = value
    client.update_function_configuration(FunctionName=function, Environment={"Variables": variables})


def _forget_warm_function(world: World, family: str) -> None:
    """A warm process keeps a secret for ten minutes; a change of configuration makes the next call a cold one."""
    client = world.aws("lambda")
    name = world.function_of(family)
    current = client.get_function_configuration(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Environment=current.get("Environment", {"Variables": {}}))


FAULTS: dict[str, Fault] = {
    "database": Fault(
        what="PostgreSQL is stopped: connections are refused", break_=_stop_database, mend=_start_database
    ),
    "database-black-holed": Fault(
        what="the database's address answers nobody", break_=_black_hole_database, mend=_start_database
    ),
    "database-locked": Fault(
        what="a client of the database holds the orders' lock and does nothing, others wait",
        break_=World.lock_orders,
        mend=World.unlock_orders,
    ),
    "auditor-blocked": Fault(
        what="the database answers the web site and not the auditor", break_=_block_auditor, mend=_start_database
    ),
    "application-password": Fault(
        what="the web site's password is refused by the database",
        break_=_password(APPLICATION_ROLE, wrong=True),
        mend=_password(APPLICATION_ROLE, wrong=False),
    ),
    "auditor-password": Fault(
        what="the auditor's own password is refused by the database",
        break_=_password(MONITORING_ROLE, wrong=True),
        mend=_password(MONITORING_ROLE, wrong=False),
    ),
    "auditor-secret": Fault(
        what="the auditor's secret is not JSON", break_=_secret(malformed=True), mend=_secret(malformed=False)
    ),
    "auditor-permission": Fault(
        what="the database function may not read secrets", break_=_take_secret_permission, mend=_give_secret_permission
    ),
    "http-schedule": Fault(
        what="the http family's schedule is disabled",
        break_=_schedule("http", enabled=False),
        mend=_schedule("http", enabled=True),
    ),
    "table-throttled": Fault(
        what="DynamoDB throttles every write of the http family", break_=_throttle_table, mend=_relieve_table
    ),
    "web-errors": Fault(what="the web site answers 500", break_=_site("errors"), mend=_site("normal")),
    "web-drips": Fault(what="the web site drips a byte each half second", break_=_site("drips"), mend=_site("normal")),
    "web-endless": Fault(what="the web site's body never ends", break_=_site("endless"), mend=_site("normal")),
    "web-gzip-bomb": Fault(
        what="the web site sends 64 MiB of zeros in 64 KiB", break_=_site("gzip-bomb"), mend=_site("normal")
    ),
}
