"""Reads the task definition that runs and the one before it; whether the parameters and hosts exist that it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.configuration.facts import ChangeFacts, ConfigurationFacts, ContainerFacts, ReferenceFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.hosts import hosts_to_ask
from functions.configuration.lookups import look_up
from functions.configuration.references import parameter_name, parse_reference
from functions.configuration.values import parse_setting

_MAX_PAGES = 10
_MAX_PARAMETERS = 50
"""Names that one filter of DescribeParameters takes."""
_MAX_SECRETS = 10
"""More than a container has; the rest is not asked, and the check says so."""
_IMAGE = re.compile(r"[\w./:@+-]{1,300}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The revision that runs, by ARN or name, and the name of the wanted one; empty where no service wants one."""

    revision: str
    wanted: str = ""
    service_connect: bool = False


async def observe(target: Target[ConfigurationSpec], probe: Probe) -> Observation[ConfigurationFacts]:
    """The container's configuration, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: dict[str, Any] = {}
    unread: dict[str, Failure] = {}

    def note(part: str, value: object) -> None:
        if isinstance(value, Failure):
            unread[part] = value
        else:
            read[part] = value

    running = await _running(spec, probe)
    if not isinstance(running, Failure):
        read["wanted_revision"] = running.wanted
    definition = running if isinstance(running, Failure) else await _definition(running.revision, probe)
    container = definition if isinstance(definition, Failure) else _container_of(definition, spec)
    if isinstance(running, Failure) or isinstance(container, Failure):
        unread["container"] = unread["change"] = unread["lookups"] = container
    else:
        facts = _facts(definition, container, spec, service_connect=running.service_connect)
        existing = await _existing_parameters(facts.references, probe)
        if isinstance(existing, Failure):
            unread["parameters"] = existing
        else:
            facts = replace(facts, references=tuple(_with_existence(r, existing) for r in facts.references))
        if spec.describe_secrets:
            described = await _with_secrets(facts.references, probe)
            if isinstance(described, Failure):
                unread["secrets"] = described
            else:
                facts = replace(facts, references=described)
        note("container", facts)
        note("change", await _change(definition, container, spec, probe))
        note("lookups", await look_up(hosts_to_ask(facts.settings, spec.declared), probe))
    return probe.observation(ConfigurationFacts(**read, unread=unread), tuple(dict.fromkeys(unread.values())))


async def _running(spec: ConfigurationSpec, probe: Probe) -> _Running | Failure:
    """The revision of the deployment with running tasks, the wanted one before others."""
    if spec.task_definition is not None:
        return _Running(revision=spec.task_definition)
    cluster, service = str(spec.cluster), str(spec.service)
    resource = f"service {service} of cluster {cluster}"
    answer = await calls.ask(
        probe,
        "ecs:DescribeServices",
        resource,
        lambda: client("ecs").describe_services(cluster=cluster, services=[service]),
    )
    if isinstance(answer, Failure):
        return answer
    if not answer.get("services"):
        return _not_found(f"ecs:DescribeServices: {resource} does not exist")
    found = answer["services"][0]
    wanted = str(found["taskDefinition"])
    deployments = found.get("deployments") or []
    running = [d for d in deployments if d.get("runningCount")]
    running.sort(key=lambda d: (d.get("status") != "PRIMARY", -d["runningCount"]))
    return _Running(
        revision=str(running[0]["taskDefinition"]) if running else wanted,
        wanted=_name(wanted),
        service_connect=any((d.get("serviceConnectConfiguration") or {}).get("enabled") for d in deployments),
    )


async def _definition(revision: str, probe: Probe) -> Any:
    answer = await calls.ask(
        probe,
        "ecs:DescribeTaskDefinition",
        f"task definition {_name(revision)}",
        lambda: client("ecs").describe_task_definition(taskDefinition=revision),
    )
    return answer if isinstance(answer, Failure) else answer["taskDefinition"]


async def _change(
    definition: Any, container: Any, spec: ConfigurationSpec, probe: Probe
) -> ChangeFacts | Failure | None:
    if definition["revision"] <= 1:
        return None
    before = await _definition(f"{definition['family']}:{definition['revision'] - 1}", probe)
    if isinstance(before, Failure):
        # Revisions can be deleted for good; then there is nothing to compare with, and nothing was hidden.
        return None if before.cause == "aws.not_found" else before
    revision = _name(before["taskDefinitionArn"])
    earlier = _container_of(before, replace(spec, container=container["name"]))
    if isinstance(earlier, Failure):
        return ChangeFacts(revision=revision, added=tuple(sorted(_all_values(container))), image_changed=True)
    now, then = _all_values(container), _all_values(earlier)
    return ChangeFacts(
        revision=revision,
        added=tuple(sorted(now.keys() - then.keys())),
        removed=tuple(sorted(then.keys() - now.keys())),
        changed=tuple(sorted(name for name in now.keys() & then.keys() if now[name] != then[name])),
        image_changed=container.get("image") != earlier.get("image"),
    )


async def _existing_parameters(references: tuple[ReferenceFacts, ...], probe: Probe) -> frozenset[str] | Failure:
    named = [r.reference for r in references if r.kind == "parameter" and r.reference]
    names = sorted({name for reference in named for name in _possible_names(reference)})[:_MAX_PARAMETERS]
    if not names:
        return frozenset()
    filters = [{"Key": "Name", "Option": "Equals", "Values": names}]
    found: set[str] = set()
    token: dict[str, str] = {}
    for _ in range(_MAX_PAGES):
        answer = await calls.ask(
            probe,
            "ssm:DescribeParameters",
            f"parameters {', '.join(names[:5])}",
            partial(client("ssm").describe_parameters, ParameterFilters=filters, MaxResults=_MAX_PARAMETERS, **token),
        )
        if isinstance(answer, Failure):
            return answer
        found |= {parameter["Name"] for parameter in answer["Parameters"]}
        if not answer.get("NextToken"):
            return frozenset(found)
        token = {"NextToken": answer["NextToken"]}
    detail = f"ssm:DescribeParameters has more than {_MAX_PAGES} pages for {len(names)} names"
    return Failure(phase=Phase.QUERY, cause="aws.failed", detail=detail)


def _with_existence(reference: ReferenceFacts, existing: frozenset[str]) -> ReferenceFacts:
    if reference.kind != "parameter" or not reference.reference:
        return reference
    return replace(reference, exists=bool(existing & set(_possible_names(reference.reference))))


async def _with_secrets(references: tuple[ReferenceFacts, ...], probe: Probe) -> tuple[ReferenceFacts, ...] | Failure:
    """The references with what is known of their secrets; a Failure where one of them could not be asked."""
    arns = list(dict.fromkeys(_secret_arn(r.reference) for r in references if r.kind == "secret" and r.reference))
    found: dict[str, bool] = {}
    for arn in arns[:_MAX_SECRETS]:
        answer = await calls.ask(
            probe,
            "secretsmanager:DescribeSecret",
            arn,
            partial(client("secretsmanager").describe_secret, SecretId=arn),
        )
        if not isinstance(answer, Failure):
            found[arn] = not answer.get("DeletedDate")
        elif answer.cause == "aws.not_found":
            found[arn] = False
        else:
            return answer
    return tuple(
        replace(r, exists=found.get(_secret_arn(r.reference))) if r.kind == "secret" else r for r in references
    )


def _secret_arn(reference: str) -> str:
    """The secret's own ARN; behind it stand key, stage and version."""
    return ":".join(reference.split(":")[:7])


def _possible_names(reference: str) -> tuple[str, ...]:
    """An ARN does not tell whether a parameter of one level has a slash in front."""
    name = parameter_name(reference)
    return (name, name[1:]) if reference.startswith("arn:") and name.count("/") == 1 else (name,)


def _container_of(definition: Any, spec: ConfigurationSpec) -> Any:
    containers = definition.get("containerDefinitions") or []
    for container in containers:
        if spec.container in (None, container["name"]):
            return container
    detail = f"ecs:DescribeTaskDefinition: {_name(definition['taskDefinitionArn'])} has no container {spec.container}"
    return _not_found(detail)


def _facts(definition: Any, container: Any, spec: ConfigurationSpec, *, service_connect: bool) -> ContainerFacts:
    variables = _variables(container)
    references = sorted(container.get("secrets") or [], key=lambda secret: str(secret["name"]))
    return ContainerFacts(
        revision=_name(definition["taskDefinitionArn"]),
        registered_at=definition.get("registeredAt"),
        name=container["name"],
        image=_image(container.get("image", "")),
        architecture=definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64"),
        execution_role=definition.get("executionRoleArn", ""),
        task_role=definition.get("taskRoleArn", ""),
        variables=tuple(sorted(variables)),
        settings=tuple(
            parse_setting(name, variables[name], is_address=name in spec.declared)
            for name in sorted(spec.readable & variables.keys())
        ),
        references=tuple(parse_reference(secret["name"], secret["valueFrom"]) for secret in references),
        environment_files=len(container.get("environmentFiles") or ()),
        names_beside_dns=service_connect or any(container.get(key) for key in ("extraHosts", "links", "dnsServers")),
    )


def _variables(container: Any) -> Mapping[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container.get("environment") or []}


def _all_values(container: Any) -> Mapping[str, tuple[str, str]]:
    """Variables and references with their values, to be compared and dropped."""
    variables = {name: ("variable", value) for name, value in _variables(container).items()}
    references = {s["name"]: ("reference", s["valueFrom"]) for s in container.get("secrets") or []}
    return variables | references


def _image(image: str) -> str:
    """``repository:tag`` or with a digest; the registry's host says nothing about what runs."""
    host, slash, rest = image.partition("/")
    name = rest if slash and ("." in host or ":" in host or host == "localhost") else image
    return name if _IMAGE.fullmatch(name) else ""


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _not_found(detail: str) -> Failure:
    return Failure(phase=Phase.QUERY, cause="aws.not_found", detail=detail)
