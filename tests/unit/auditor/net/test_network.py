"""resolv.conf, and the sandbox's translation, which must never dial a real platform."""

from pathlib import Path

import pytest

from auditor.net.network import AddressRefusedError, Network, system_network
from auditor.net.sandbox_network import SandboxRefusedError, sandbox_network, translate


def test_resolv_conf(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "# comment\nsearch ec2.internal vpc.internal.\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"
        "options timeout:2 ndots:2\n"
    )
    network = system_network(path)
    assert (network.resolver, network.search, network.ndots) == (("10.0.0.2", 53), ("ec2.internal", "vpc.internal"), 2)
    assert network.translate("10.0.2.20", 5432) == ("10.0.2.20", 5432)


def test_no_resolv_conf_means_the_local_resolver(tmp_path: Path) -> None:
    assert system_network(tmp_path / "absent").resolver == ("127.0.0.1", 53)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("db", ("db.vpc.internal", "db")),
        ("db.example", ("db.example", "db.example.vpc.internal")),
        ("db.example.", ("db.example",)),
    ],
)
def test_names_to_ask(host: str, names: tuple[str, ...]) -> None:
    assert Network(resolver=("10.0.0.2", 53), search=("vpc.internal",)).names_to_ask(host) == names


@pytest.mark.parametrize(
    ("named", "dialled"),
    [
        (("10.0.2.20", 5432), ("127.0.2.20", 5432)),
        (("10.0.2.20", 443), ("127.0.2.20", 20443)),
        (("203.0.113.7", 80), ("127.203.113.7", 20080)),
        (("127.0.0.1", 4566), ("127.0.0.1", 4566)),
        (("10.0.0.1", 1023), ("127.0.0.1", 21023)),
        (("10.0.0.1", 1024), ("127.0.0.1", 1024)),
    ],
)
def test_the_sandbox_dials_loopback(named: tuple[str, int], dialled: tuple[str, int]) -> None:
    assert translate(*named) == dialled
    assert translate(*dialled) == dialled


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "169.254.169.254", "192.168.0.1", "172.16.0.1", "11.0.0.1", "203.0.112.1", "::1", "localhost", ""],
)
def test_the_sandbox_dials_nothing_else(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        translate(address, 443)


def test_the_sandboxs_network() -> None:
    network = sandbox_network("127.0.0.1:5353", "http://127.0.0.1:4566")
    assert network.resolver == ("127.0.0.1", 5353)
    assert network.translate("10.0.2.20", 5432) == ("127.0.2.20", 5432)


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "",
        "https://dynamodb.us-east-1.amazonaws.com",
        "http://10.0.0.1:4566",
        "http://127.0.0.1.evil.example",
        "127.0.0.1:4566",
    ],
)
def test_the_sandboxs_network_needs_an_aws_endpoint_on_loopback(endpoint: str | None) -> None:
    with pytest.raises(SandboxRefusedError):
        sandbox_network("127.0.0.1:5353", endpoint)


@pytest.mark.parametrize("resolver", ["10.0.0.2:53", "127.0.0.1", "127.0.0.1:dns", "localhost:53", ":53"])
def test_the_sandboxs_network_needs_a_resolver_on_loopback(resolver: str) -> None:
    with pytest.raises(SandboxRefusedError):
        sandbox_network(resolver, "http://localhost:4566")
