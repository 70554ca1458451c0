"""What other monitors say of a situation while it lasts: the exporter of Prometheus, and the plugins of Nagios."""

import contextlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from tests.fault_lab.labels import Label
from tests.fault_lab.servers import ca_file
from tests.fault_lab.situation import Situation

EXPORTER = "blackbox_exporter"
_PROGRAM = "prometheus-blackbox-exporter"
_PLUGINS = Path("/usr/lib/nagios/plugins")
PLUGINS = {
    "check_http": "",
    "check_tcp": "",
    "check_pgsql": "",
    "check_dns": "nslookup",
    "check_dig": "dig",
}
"""The plugins by name, with the program that each of them calls itself."""
_SECONDS = 2
_HTTP = """  http{suffix}:
    prober: http
    timeout: {seconds}s
    http: {{ preferred_ip_protocol: ip4, tls_config: {{ ca_file: "{ca_file}" }}{more} }}
"""
_TCP = """  tcp:
    prober: tcp
    timeout: {seconds}s
    tcp: {{ preferred_ip_protocol: ip4 }}
  tls:
    prober: tcp
    timeout: {seconds}s
    tcp: {{ preferred_ip_protocol: ip4, tls: true, tls_config: {{ ca_file: "{ca_file}" }} }}
"""
_STATUSES = (204, 301, 302, 303, 307, 308, 401, 403, 404)
_SHOWN = 160

NAMING = {
    "dns.nxdomain": r"nxdomain|no such host|not found|does not exist|name or service not known",
    "dns.nodata": r"no (?:address|answer|record)|nodata",
    "dns.servfail": r"servfail|server misbehaving",
    "dns.refused": r"\brefused\b",
    "dns.timeout": r"timed? ?out|no servers could be reached",
    "tcp.refused": r"refused",
    "tcp.timeout": r"timed? ?out|timeout|deadline exceeded",
    "tcp.reset": r"reset",
    "tcp.closed": r"\beof\b|no data received|empty reply|closed",
    "tcp.unreachable": r"unreachable|no route",
    "tls.expired": r"expired",
    "tls.not_yet_valid": r"not yet valid",
    "tls.name_mismatch": r"doesn't (?:contain|match)|not valid for|valid for .*not|name mismatch|ip sans",
    "tls.untrusted": r"unknown authority|untrusted|unable to get (?:local )?issuer",
    "tls.self_signed": r"self.signed",
    "tls.protocol": r"protocol version|unsupported protocol|version not supported",
    "tls.not_tls": r"does not look like a tls handshake|wrong version number|http response to https",
    "tls.client_certificate_required": r"certificate required|bad certificate",
    "tls.timeout": r"handshake timeout|tls.*(?:timeout|deadline)",
    "pg.tls_refused": r"does not support ssl",
    "pg.auth_failed": r"password authentication failed",
    "pg.not_permitted": r"not permitted to log in",
    "pg.no_hba": r"pg_hba\.conf",
    "pg.no_hba_no_tls": r"no encryption",
    "pg.certificate_demanded": r"valid client certificate",
    "pg.no_privilege": r"permission denied",
    "pg.no_database": r"does not exist",
    "pg.database_closed": r"not currently accepting connections",
    "pg.slots_full": r"remaining connection slots|too many clients",
    "pg.role_limit": r"too many connections for role",
    "pg.database_limit": r"too many connections for database",
    "pg.starting": r"starting up|shutting down",
    "pg.login_timeout": r"timed? ?out|timeout",
    "http.first_byte_timeout": r"awaiting headers|headers.*timeout",
    "http.transfer_timeout": r"body.*(?:deadline|timeout|timed out)",
    "http.truncated": r"unexpected eof|truncated|incomplete",
    "http.malformed": r"malformed|invalid http response|invalid",
    "http.encoding": r"gzip: invalid|encoding",
    "http.headers_too_large": r"header.*(?:exceed|too large)|exceeded.*header",
    "http.redirect_loop": r"redirection creates an infinite loop|stopped after \d+ redirects|loop",
}
"""What a peer has to say for it to have named the cause. Where the label tells a status, it is that; of a cause that
is not here, its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a peer said: whether that something is wrong, in a line of its own."""

    peer: str
    noticed: bool
    line: str

    def names(self, label: Label) -> bool:
        """Whether its line tells the cause, not merely that something is wrong."""
        if not self.noticed or label.cause is None:
            return False
        status = label.evidence.get("status")
        if status is not None:
            return re.search(rf"\b{status}\b", self.line) is not None
        pattern = NAMING.get(label.cause, r"\b" + r"[\W_]+".join(label.cause.partition(".")[2].split("_")))
        return re.search(pattern, self.line, re.IGNORECASE) is not None


@dataclass
class Peers:
    """The peers that are installed; ``missing`` says why each other one is not measured."""

    exporter_port: int | None
    missing: Mapping[str, str]
    words: dict[str, tuple[Word, ...]] = field(default_factory=dict)
    """By the label's id."""

    def ask(self, label: Label, situation: Situation) -> None:
        """Ask every installed peer that the situation knows how to ask."""
        found = []
        for peer, asked in situation.peers.items():
            word = self._exporter(asked) if peer == EXPORTER else self._plugin(peer, asked)
            if word is not None:
                found.append(word)
        self.words[label.id] = tuple(found)

    def _exporter(self, asked: str) -> Word | None:
        """``asked`` is a URL, perhaps with the status in front that it must answer, as in ``401 http://web/``;
        tcp://host:port and tls://host:port are asked by a connection only."""
        if self.exporter_port is None:
            return None
        status, _, place = asked.rpartition(" ")
        scheme, _, rest = place.partition("://")
        suffix = f"_{status}" if status else ""
        module, target = (f"http{suffix}", place) if scheme in ("http", "https") else (scheme, rest)
        url = f"http://127.0.0.1:{self.exporter_port}/probe?debug=true&module={module}&target={quote(target, safe='')}"
        with urlopen(url, timeout=_SECONDS * 3) as answer:
            text = answer.read().decode("utf-8", "replace")
        noticed = "\nprobe_success 1" not in text
        log = text.partition("Metrics that would have been returned")[0]
        found = [line.partition('msg="')[2] for line in log.splitlines() if ' err="' in line or 'msg="Invalid' in line]
        line = " | ".join(found).replace('\\"', "'") or ("Probe failed" if noticed else "Probe succeeded")
        return Word(peer=EXPORTER, noticed=noticed, line=line)

    def _plugin(self, peer: str, asked: str) -> Word | None:
        if peer not in PLUGINS:
            raise ValueError(f"a situation asks the peer {peer!r}; allowed are {EXPORTER} and {', '.join(PLUGINS)}")
        if peer in self.missing:
            return None
        command = [str(_PLUGINS / peer), *shlex.split(asked)]
        if not {"-t", "--timeout"} & set(command):
            command += ["-t", str(_SECONDS)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        line = (done.stdout or done.stderr).partition("|")[0].partition("\n")[0].strip()
        return Word(peer=peer, noticed=done.returncode != 0, line=line)


def shown(word: Word) -> str:
    """A peer's line, not too long."""
    return word.line if len(word.line) <= _SHOWN else f"{word.line[:_SHOWN]}…"


@contextlib.contextmanager
def installed_peers() -> Iterator[Peers]:
    """The peers, as far as they are installed; the exporter runs until the end of the block."""
    missing = {
        peer: f"{_PLUGINS / peer} is not installed (apt-get install monitoring-plugins)"
        for peer in PLUGINS
        if not (_PLUGINS / peer).exists()
    }
    missing |= {
        peer: f"it calls {program}, which is not installed (apt-get install bind9-dnsutils)"
        for peer, program in PLUGINS.items()
        if program and shutil.which(program) is None
    }
    if shutil.which(_PROGRAM) is None:
        missing[EXPORTER] = f"{_PROGRAM} is not installed (apt-get install {_PROGRAM})"
        yield Peers(exporter_port=None, missing=missing)
        return
    with _exporter() as port:
        yield Peers(exporter_port=port, missing=missing)


def _modules() -> str:
    """HTTP modules, one for any 2xx and one for each other status, which follows nothing; one for TCP, one for TLS."""
    values = {"seconds": _SECONDS, "ca_file": ca_file()}
    text = "modules:\n" + _HTTP.format(suffix="", more="", **values)
    for status in _STATUSES:
        more = f", valid_status_codes: [{status}], follow_redirects: false"
        text += _HTTP.format(suffix=f"_{status}", more=more, **values)
    return text + _TCP.format(**values)


@contextlib.contextmanager
def _exporter() -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        configuration = Path(folder) / "blackbox.yml"
        configuration.write_text(_modules())
        free.close()
        process = subprocess.Popen(
            [_PROGRAM, f"--config.file={configuration}", f"--web.listen-address=127.0.0.1:{port}"],
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                with contextlib.suppress(URLError), urlopen(f"http://127.0.0.1:{port}/-/healthy", timeout=1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait()
