"""Reads the task definition that runs, the one before it, and whether the SSM parameters exist that it names."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from auditor.adapters import calls
from auditor.adapters.aws import client
from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from functions.configuration.facts import ChangeFacts, ConfigurationFacts, ContainerFacts, ReferenceFacts
from functions.configuration.family import ConfigurationSpec
from functions.configuration.references import parameter_name, parse_reference
from functions.configuration.values import parse_setting

_MAX_PAGES = 10
_MAX_PARAMETERS = 50
"""Names that one filter of DescribeParameters takes."""
_IMAGE = re.compile(r"[\w./:@+-]{1,300}")


async def observe(target: Target[ConfigurationSpec], probe: Probe) -> Observation[ConfigurationFacts]:
    """The container's configuration, as far as it could be read; what could not is named in ``unread``."""
    spec = target.spec
    read: dict[str, Any] = {}
    unread: dict[str, Failure] = {}
    running = await _running(spec, probe, read)
    definition = running if isinstance(running, Failure) else await _definition(running, probe)
    container = definition if isinstance(definition, Failure) else _container_of(definition, spec)
    if isinstance(container, Failure):
        unread["container"] = unread["change"] = container
    else:
        facts = _facts(definition, container, spec)
        existing = await _existing_parameters(facts.references, probe)
        if isinstance(existing, Failure):
            unread["parameters"] = existing
        else:
            facts = replace(facts, references=tuple(_with_existence(r, existing) for r in facts.references))
        read["container"] = facts
        change = await _change(definition, container, spec, probe)
        if isinstance(change, Failure):
            unread["change"] = change
        else:
            read["change"] = change
    return probe.observation(ConfigurationFacts(**read, unread=unread), tuple(dict.fromkeys(unread.values())))


async def _running(spec: ConfigurationSpec, probe: Probe, read: dict[str, Any]) -> str | Failure:
    """The ARN or name of the revision that runs: of the deployment with running tasks, the wanted one before others."""
    if spec.task_definition is not None:
        return spec.task_definition
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
    read["wanted_revision"] = _name(wanted)
    running = [d for d in found.get("deployments") or [] if d.get("runningCount")]
    running.sort(key=lambda d: (d.get("status") != "PRIMARY", -d["runningCount"]))
    return str(running[0]["taskDefinition"]) if running else wanted


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


def _facts(definition: Any, container: Any, spec: ConfigurationSpec) -> ContainerFacts:
    variables = _variables(container)
    expected = {host.variable for host in spec.expected_hosts}
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
            parse_setting(name, variables[name], is_address=name in expected)
            for name in sorted(spec.readable & variables.keys())
        ),
        references=tuple(parse_reference(secret["name"], secret["valueFrom"]) for secret in references),
        environment_files=len(container.get("environmentFiles") or ()),
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
