"""GetMetricData answers for exactly the dimensions asked for, newest value first.

AWS ("GetMetricData"): a metric is identified by its full set of dimensions, the empty set included, and ScanBy is
TimestampDescending unless the caller says otherwise. Stock MiniStack pools all dimension sets when none is given, and
always answers oldest first.
"""

import json
from typing import Any

from ministack.services import cloudwatch

from sandbox.emulator.patching import PatchContext, replace


class ExactDimensions(dict[str, str]):
    """Dimensions that count as given even when there are none."""

    def __bool__(self) -> bool:
        return True


def apply(_context: PatchContext) -> None:
    """Match the empty set exactly and order the values."""
    replace(
        cloudwatch,
        "_dims_from_list",
        ("dimensions",),
        lambda dimensions: ExactDimensions({each["Name"]: each["Value"] for each in dimensions}),
    )

    def get(params: Any, data: dict[str, Any], is_cbor: Any, is_json: Any) -> Any:
        status, headers, body = stock(params, data, is_cbor, is_json)
        if not is_json or status >= 400 or data.get("ScanBy") == "TimestampAscending":
            return status, headers, body
        answer = json.loads(body)
        for result in answer["MetricDataResults"]:
            result["Timestamps"].reverse()
            result["Values"].reverse()
        return status, headers, json.dumps(answer).encode()

    stock = replace(cloudwatch, "_get_metric_data", ("params", "cbor_data", "is_cbor", "is_json"), get)
