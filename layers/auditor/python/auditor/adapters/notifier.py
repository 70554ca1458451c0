"""Publishes stories to SNS, with attributes for filter policies by kind, service and severity."""

import json
from typing import Any

from auditor.domain.codec import to_json
from auditor.domain.story import Story


class Notifier:
    """Plain text for people, JSON beside it for machines; to ``stories``, and what wakes somebody to ``pages`` too."""

    def __init__(self, *, sns: Any, stories: str, pages: str) -> None:
        """``stories`` and ``pages`` are ARNs of topics."""
        self._sns = sns
        self._stories = stories
        self._pages = pages

    def tell(self, story: Story) -> None:
        """Publishes one story. Raises AwsError."""
        for topic in (self._pages, self._stories) if story.wakes else (self._stories,):
            self._publish(topic, story)

    def _publish(self, topic: str, story: Story) -> None:
        machine = json.dumps(to_json(story), sort_keys=True)
        attributes = {"kind": story.kind, "service": story.service, "severity": str(story.severity), "id": story.id}
        attributes["incident"] = story.incident
        self._sns.publish(
            TopicArn=topic,
            Subject=_ascii(story.subject),
            MessageStructure="json",
            Message=json.dumps({"default": story.text, "sqs": machine, "lambda": machine, "https": machine}),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def _ascii(subject: str) -> str:
    # SNS refuses a subject that is longer than 100 characters, not ASCII, or holds a line break.
    return " ".join(subject.encode("ascii", "replace").decode().split())[:100]
