"""The I/O of the `tls` family: every address is asked as a client asks, and where that fails, what is there instead."""

import ssl
from collections.abc import Sequence
from dataclasses import replace

from auditor.domain.observation import Failure, Observation, Phase
from auditor.domain.target import Target
from auditor.net.probe import Probe
from auditor.net.tls import Certificate, context_from_file, shared_context, unverified_context
from functions.tls.certificate import lacks_intermediate
from functions.tls.facts import TlsFacts
from functions.tls.family import TlsSpec
from functions.tls.visit import Visit, Visited

MAX_ADDRESSES = 8
"""What Cloud Map and Route 53 answer at most; more are recorded and not asked."""

_ISSUER_UNKNOWN = (20, 21)
"""OpenSSL's X509_V_ERR numbers for a chain that ends before any trusted authority."""


async def observe(target: Target[TlsSpec], probe: Probe) -> Observation[TlsFacts]:
    """Resolve the host, then begin TLS at every address of it."""
    spec = target.spec
    context = _context(spec)  # loading authorities takes milliseconds that belong to no phase
    lacking = (context,) if isinstance(context, Failure) else ()
    facts = TlsFacts(host=spec.host, port=spec.port, name=spec.name)
    resolution = await probe.resolve(spec.host)
    if isinstance(resolution, Failure):
        return probe.observation(facts, (resolution, *lacking))
    addresses = tuple(sorted(dict.fromkeys(resolution.addresses)))
    usable = unverified_context() if isinstance(context, Failure) else context
    visits = [Visit(spec, probe, usable, address).made() for address in addresses[:MAX_ADDRESSES]]
    visited = _told_apart(await probe.loop.together(visits))
    facts = replace(facts, resolved=addresses, probed=tuple(each.facts for each in visited))
    failures = tuple(each.failure for each in visited if each.failure is not None)
    return probe.observation(facts, (*failures, *lacking))


def _context(spec: TlsSpec) -> ssl.SSLContext | Failure:
    if not spec.verify:
        return unverified_context()
    if spec.ca_file is None:
        return shared_context()
    try:
        return context_from_file(spec.ca_file)
    except OSError as error:
        detail = (
            f"the ca_file {spec.ca_file} of the catalogue cannot be used ({type(error).__name__}); "
            "a PEM file with the certificates of the authorities is needed"
        )
        return Failure(phase=Phase.PREPARE, cause="tls.ca_file_unusable", detail=detail)


def _told_apart(visited: Sequence[Visited]) -> list[Visited]:
    """The visits with the word for a chain that lacks its intermediate, which one address can tell of another."""
    presented = [certificate for each in visited for certificate in each.chain[1:]]
    return [_of_chain(each, presented) for each in visited]


def _of_chain(visited: Visited, presented: Sequence[Certificate]) -> Visited:
    failure = visited.failure
    if failure is None or visited.facts.verify_code not in _ISSUER_UNKNOWN or not visited.chain:
        return visited
    if not lacks_intermediate(visited.chain, presented):
        return visited
    detail = f"{failure.detail.partition(' presents ')[0]} presents its certificate without the one that issued it"
    return replace(visited, failure=replace(failure, cause="tls.chain_incomplete", detail=detail))
