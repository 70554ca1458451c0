"""The evaluator with one bug planted into its text, as somebody could have written it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from functions.vpc import evaluator, lines
from functions.vpc.network_model import Answer, Network, Question

Evaluate = Callable[[Network, Question], Answer]

BUGS: dict[str, tuple[ModuleType, str, str]] = {
    "a rule for another protocol admits TCP": (
        lines,
        "protocol in (TCP, ALL_PROTOCOLS)",
        "protocol in (TCP, ALL_PROTOCOLS, 17)",
    ),
    "a rule for all protocols is bound to its ports": (
        lines,
        "protocol == ALL_PROTOCOLS or ports is None",
        "ports is None",
    ),
    "the last port of a range is not in it": (lines, "port <= ports.last\n", "port < ports.last\n"),
    "a rule's group is looked for on the interface it protects": (
        evaluator,
        "peer.address, peer.interface, self._prefix_lists",
        "peer.address, end.interface, self._prefix_lists",
    ),
    "an address outside counts as in a group": (
        lines,
        "interface is not None and rule.group in interface.security_groups",
        "interface is None or rule.group in interface.security_groups",
    ),
    "of a prefix list only the first block counts": (
        lines,
        "any(holds(cidr, address) for cidr in prefix_lists[rule.prefix_list])",
        "holds(prefix_lists[rule.prefix_list][0], address)",
    ),
    "an interface without a group is closed": (
        evaluator,
        "if end.interface is None or not end.interface.security_groups:",
        "if end.interface is None:",
    ),
    "security groups are asked in the wrong direction": (
        evaluator,
        "direction = Direction.EGRESS if owner is Owner.SOURCE else Direction.INGRESS\n        rules",
        "direction = Direction.INGRESS if owner is Owner.SOURCE else Direction.EGRESS\n        rules",
    ),
    "all groups must admit, not one": (
        evaluator,
        "if any(\n            rule.direction is direction",
        "if all(\n            rule.direction is not direction or True",
    ),
    "the ACL's highest number decides": (
        lines,
        "return min(matching, key=lambda entry",
        "return max(matching, key=lambda entry",
    ),
    "an ACL without a matching entry lets packets pass": (
        evaluator,
        "if entry is not None and entry.allow:",
        "if entry is None or entry.allow:",
    ),
    "an ACL's direction is ignored": (lines, "if entry.direction is direction\n        and means_tcp", "if means_tcp"),
    "an ACL is asked within one subnet too": (
        evaluator,
        "        if _in_one_subnet(source, destination):\n",
        (
            "        if _in_one_subnet(source, destination):\n"
            "            yield self._acl(source, destination, _request(Owner.SOURCE, Direction.EGRESS, port))\n"
        ),
    ),
    "replies are asked for at the first port of the range only": (
        lines,
        "            edges |= {entry.ports.first, entry.ports.last + 1}\n",
        "            pass\n",
    ),
    "of the ports that are dropped the highest is told": (evaluator, "elif dropped is None:", "else:"),
    "that only some ports are dropped is not told": (
        evaluator,
        "if dropped is not None and passes else dropped",
        "if dropped is not None and not passes else dropped",
    ),
    "replies are not asked for on their way into the source's subnet": (
        evaluator,
        "yield self._acl(source, destination, _reply(Owner.SOURCE, Direction.INGRESS, source.ephemeral_ports))",
        "pass",
    ),
    "replies are asked for at the service's port": (
        evaluator,
        "_reply(Owner.DESTINATION, Direction.EGRESS, source.ephemeral_ports)",
        "_reply(Owner.DESTINATION, Direction.EGRESS, PortRange(first=port, last=port))",
    ),
    "the shortest prefix wins": (lines, "fitting.append((-max(lengths)", "fitting.append((max(lengths)"),
    "a route learnt goes before a written one": (
        lines,
        "    if route.propagated:\n        return 2",
        "    if route.propagated:\n        return -1",
    ),
    "a route learnt may take what is local": (
        lines,
        "if route.propagated and any(_within(route.destination, cidr) for cidr in local):",
        "if route.propagated and False:",
    ),
    "a blackhole leads on": (evaluator, "if route is not None and route.active:", "if route is not None:"),
    "the way back is not looked up": (
        evaluator,
        (
            '        yield stop\n        assert route is not None, "without a route the step before stopped"\n'
            "        if route.kind is TargetKind.LOCAL:\n            if source.interface is None:"
        ),
        (
            '        if route is None:\n            return ""\n'
            "        if route.kind is TargetKind.LOCAL:\n            if source.interface is None:"
        ),
    ),
    "a private address goes out by the internet gateway": (
        evaluator,
        "lines.version(end.address) == 4 and not public",
        "lines.version(end.address) == 6 and not public",
    ),
    "a NAT gateway carries IPv6": (evaluator, ", TargetKind.NAT_GATEWAY: 4}", "}"),
    "a NAT gateway that is gone carries": (evaluator, "if not nat.available:", "if nat.available is None:"),
    "a private NAT gateway reaches the internet": (evaluator, "and not nat.public:", "and nat.public is None:"),
    "the ACL of the NAT gateway's subnet is not asked for replies": (
        evaluator,
        "        yield self._acl(gateway, destination, _reply(Owner.GATEWAY, Direction.INGRESS, WIDE_PORTS))\n",
        "",
    ),
    "an address that nobody holds answers": (
        evaluator,
        "                yield _nobody(Owner.DESTINATION",
        '                return ""\n                yield _nobody(Owner.DESTINATION',
    ),
    "families of addresses are mixed": (
        lines,
        "version(address) == block(cidr).version and ",
        "block(cidr).prefixlen == 0 or ",
    ),
}
"""By what is wrong: the module, the text that is right, and the one in its place."""


def planted(bug: str) -> Evaluate:
    """The evaluator with this bug."""
    module, right, wrong = BUGS[bug]
    text = _text(module)
    if right not in text:
        raise ValueError(f"{bug}: {module.__name__} has no such text any more: {right!r}")
    changed = text.replace(right, wrong)
    broken_lines = _run("planted_lines", changed if module is lines else _text(lines))
    broken = _run("planted_evaluator", changed if module is evaluator else _text(evaluator))
    vars(broken)["lines"] = broken_lines
    evaluate: Evaluate = broken.evaluate
    return evaluate


def _text(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text()


def _run(name: str, text: str) -> ModuleType:
    module = ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec(compile(text, name, "exec"), vars(module))
    return module
