"""Requests from loopback, and what the services send each other, count as secure transport.

AWS ("aws:SecureTransport") answers over TLS and its services deliver over TLS; a policy with enforce_ssl, and that of
cdk's staging bucket, denies everything else. The sandbox speaks plain HTTP on loopback, so stock MiniStack with AUTH
denies cdk its own bucket, and an alarm's message a queue that enforces TLS. That the policies are in the template is
for template tests to say.
"""

import ipaddress
from contextvars import ContextVar

from ministack import app
from ministack.core import iam_evaluator

from sandbox.emulator.patching import PatchContext, replace, require_attribute


def apply(_context: PatchContext) -> None:
    """Pin the origin of a loopback request as secure, and of what happens outside of a request."""
    require_attribute(iam_evaluator, "_request_origin", ContextVar)
    iam_evaluator._request_origin = ContextVar("sandbox_request_origin", default=("127.0.0.1", True))

    def pin(source_ip: str, secure_transport: bool) -> None:
        stock(source_ip, secure_transport or ipaddress.ip_address(source_ip).is_loopback)

    stock = replace(app, "pin_request_origin", ("source_ip", "secure_transport"), pin)
