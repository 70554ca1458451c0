"""What a probe of a task definition keeps, and why it can fail. No value but the parsed parts of the allowed ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from auditor.domain.cause import Cause
from auditor.domain.observation import Failure

Form = Literal["url", "address", "list", "word", "empty", "unreadable"]
Outcome = Literal["resolved", "nxdomain", "nodata", "servfail", "refused", "timeout", "malformed", "unreachable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingFacts:
    """One variable of the allow-list, parsed; its value is gone.

    ``form``: ``url`` (has a scheme), ``address`` (host, or host and port), ``list`` (of addresses, in ``items``),
    ``word`` (a plain word, in ``text``), ``empty``, or ``unreadable`` (none of these: nothing of it is kept).
    ``host`` is lower case. A bare name is both, a ``word`` and a ``host``. ``database`` and ``sslmode`` are those of a
    database's URL. ``has_credentials``: a user or password stands in the URL; neither is kept. ``problem`` says in our
    words why no client can use the value, empty where one can.
    """

    variable: str
    form: Form
    scheme: str = ""
    host: str = ""
    port: int | None = None
    database: str = ""
    sslmode: str = ""
    text: str = ""
    items: tuple[str, ...] = ()
    has_credentials: bool = False
    is_literal_address: bool = False
    is_loopback: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFacts:
    """One secret reference (``secrets`` of the container): where the value comes from, never the value.

    ``kind``: Secrets Manager's secret or SSM's parameter. ``reference``: the ARN or parameter path; empty where it is
    neither, since somebody may have put a value in its place. ``shape``: ``ok``; ``placeholder`` (a template's word
    stands where AWS's six characters belong); ``no_suffix`` (they are missing, which works in some places only);
    ``fields`` (another number of parts than ECS takes); ``service`` (an ARN of something else).
    ``exists``: whether the parameter or secret does (a secret that waits for its deletion does not); None where it was
    not asked.
    """

    variable: str
    kind: Literal["secret", "parameter", "unknown"]
    reference: str
    shape: Literal["ok", "placeholder", "no_suffix", "fields", "service"]
    exists: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFacts:
    """The revision against the one before it, by names only. ``changed``: those with another value."""

    revision: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    image_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFacts:
    """The container of the revision that runs.

    ``revision`` is ``family:number``; ``registered_at`` when it was made. ``image`` is ``repository:tag`` or with a
    digest, without the registry's host. ``variables``: the names of all plain variables. ``environment_files``: how
    many files in S3 add variables that the auditor does not see. ``settings``: those of the allow-list that exist.
    ``names_beside_dns``: the container knows names that the VPC's DNS does not (ECS Service Connect, extra hosts, links
    or a name server of its own).
    """

    revision: str
    registered_at: datetime | None
    name: str
    image: str
    architecture: str
    execution_role: str
    task_role: str
    variables: tuple[str, ...]
    settings: tuple[SettingFacts, ...]
    references: tuple[ReferenceFacts, ...]
    environment_files: int = 0
    names_beside_dns: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupFacts:
    """How the VPC's resolver answered for one host that settings name.

    ``outcome``: ``resolved``, or else the word behind ``dns.`` in the kernel's cause. ``addresses``: where it resolved.
    """

    host: str
    outcome: Outcome
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationFacts:
    """One container's configuration. None means "not read", and then ``unread`` says why under the field's name.

    ``wanted_revision`` is the one that ECS rolls out; it differs from the running one while, or because, its tasks do
    not run. ``change`` is None, without a word in ``unread``, where there is no earlier revision. ``lookups`` has each
    host that the settings name once, in their order; only asked from inside the VPC.
    """

    container: ContainerFacts | None = None
    wanted_revision: str = ""
    change: ChangeFacts | None = None
    lookups: tuple[LookupFacts, ...] | None = None
    unread: Mapping[str, Failure] = field(default_factory=dict)
    """Per field (``container``, ``change``, ``parameters``, ``secrets``, ``lookups``) why it is not read."""


def _cause(id: str, meaning: str) -> Cause:
    # AWS itself says each of these, so none of them can be laid to the auditor's place in the network.
    return Cause(id=id, meaning=meaning, proves_path=True)


CAUSES: tuple[Cause, ...] = (
    _cause("configuration.variable_missing", "a required variable or reference is not in the running revision"),
    _cause("configuration.host_differs", "a variable points at another host or port than declared"),
    _cause("configuration.value_malformed", "a value is present and no client can use it"),
    _cause("configuration.reference_malformed", "a secret reference cannot lead to a secret"),
    _cause("configuration.loopback", "a variable points at the container itself"),
    _cause("configuration.literal_address", "a variable names an address in place of a name"),
    _cause("configuration.parameter_missing", "a referenced SSM parameter does not exist"),
    _cause("configuration.secret_missing", "a referenced secret does not exist"),
    _cause("configuration.secrets_not_asked", "more secrets are referenced than are asked for"),
    _cause("configuration.scheme_missing", "a variable that should be a URL has no scheme"),
    _cause("configuration.settings_disagree", "settings that should lead to one place lead to several"),
    _cause("configuration.setting_dropped", "this revision lacks what the one before it had"),
    _cause("configuration.value_not_seen", "the value comes from a place that the auditor does not read"),
    # The one that a resolver says, which is the VPC's only where the auditor stands inside.
    Cause(id="configuration.host_unknown", meaning="a variable names a host that does not exist", proves_path=False),
    _cause("configuration.names_not_asked", "host names were not looked up, or not all of them"),
)

FACTS = ConfigurationFacts
"""What an observation of this family holds; a replay reads it back by this name."""
