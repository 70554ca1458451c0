"""DescribeCertificate tells what the sandbox says of a certificate.

AWS ("CertificateDetail"): a certificate expires, its renewal can wait for a validation or fail. Stock MiniStack issues
every certificate at once for a year, and none has a renewal.

Overlay: ``certificate/ARN`` holds fields of CertificateDetail that take the place of MiniStack's, times in seconds
since 1970, such as ``{"Status": "EXPIRED", "NotAfter": 1767225600}``.
"""

from typing import Any

from ministack.services import acm

from sandbox.emulator import overlay
from sandbox.emulator.patching import PatchContext, replace


def apply(_context: PatchContext) -> None:
    """Lay the overlay over each certificate."""

    def shape(cert: Any) -> dict[str, Any]:
        return {**stock(cert), **(overlay.said("certificate", cert["CertificateArn"]) or {})}

    stock = replace(acm, "_cert_shape", ("cert",), shape)
