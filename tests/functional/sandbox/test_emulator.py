"""The emulator as a process: one stack by CloudFormation, IAM enforced, one simulated minute in two seconds."""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.functional.sandbox.emulator_stack import NAMESPACE, TEMPLATE, metric

REPOSITORY = Path(__file__).resolve().parents[3]
SECONDS_PER_MINUTE = 2


@functools.cache  # making a client costs more than any call here
def client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 1}),
    )


@dataclass(frozen=True)
class Emulator:
    process: subprocess.Popen[bytes]
    endpoint: str
    state_dir: Path

    def client(self, service: str) -> Any:
        return client(self.endpoint, service)

    def simulated_now(self) -> datetime:
        with urllib.request.urlopen(f"{self.endpoint}/_sandbox/time") as answer:
            return datetime.fromisoformat(json.load(answer)["simulated_now"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, seconds: float, look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def processes_naming(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in command:
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    state_dir = tmp_path_factory.mktemp("emulator")
    port = free_port()
    arguments = ["--port", str(port), "--state-dir", str(state_dir), "--auth", "--function-env", "SANDBOX=yes"]
    speed = ["--seconds-per-minute", str(SECONDS_PER_MINUTE), "--epoch", "2026-02-28T23:50:30Z"]
    with (state_dir / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.emulator", *arguments, *speed],
            cwd=REPOSITORY,
            env={**os.environ, "HOST_SECRET": "must not reach a function"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    emulator = Emulator(process, f"http://127.0.0.1:{port}", state_dir)

    def ready() -> bool:
        assert process.poll() is None, (state_dir / "log").read_text()
        try:
            return bool(emulator.simulated_now())
        except OSError:
            return False

    try:
        wait_for("start", 15, ready)
        cloudformation = emulator.client("cloudformation")
        cloudformation.create_stack(
            StackName="audit", TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_IAM"]
        )
        wait_for("deployment", 20, lambda: deployed(cloudformation))
        yield emulator
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def deployed(cloudformation: Any) -> bool:
    stack = cloudformation.describe_stacks(StackName="audit")["Stacks"][0]
    assert "ROLLBACK" not in stack["StackStatus"], cloudformation.describe_stack_events(StackName="audit")
    return str(stack["StackStatus"]) == "CREATE_COMPLETE"


def state(emulator: Emulator, name: str) -> str:
    found = emulator.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (each,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(each["StateValue"])


def pages(emulator: Emulator) -> list[tuple[str, str]]:
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            found.append((body["AlarmName"], body["NewStateValue"]))
    return found


def log_lines(emulator: Emulator, contains: str) -> list[str]:
    events = emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/probe")["events"]
    return [event["message"] for event in events if contains in event["message"]]


def slots(emulator: Emulator) -> list[datetime]:
    return [datetime.fromisoformat(line.rsplit("slot ", 1)[1]) for line in log_lines(emulator, "slot ")]


# The tests below tell one story and run in the order of the file.


def test_a_page_for_the_failing_service_once_and_only_once(emulator: Emulator) -> None:
    for name in ("failing", "share", "both"):
        wait_for(f"{name} in ALARM", 10, lambda name=name: state(emulator, name) == "ALARM")  # type: ignore[misc]
    assert state(emulator, "other-dimension") in {"OK", "INSUFFICIENT_DATA"}
    time.sleep(3 * SECONDS_PER_MINUTE)
    sent = pages(emulator)
    assert sent.count(("failing", "ALARM")) == 1
    assert sent.count(("share", "ALARM")) == 1
    assert not [each for each in sent if each[0] == "other-dimension" and each[1] == "ALARM"]


def test_slots_are_whole_simulated_minutes_and_none_comes_twice(emulator: Emulator) -> None:
    # That no instant is left out is for the unit tests to say: on a busy machine a late one is skipped, as designed.
    seen = wait_for("five runs", 20, lambda: found if len(found := slots(emulator)) >= 5 else None)
    assert len(set(seen)) == len(seen)
    assert {(each.second, each.microsecond) for each in seen} == {(0, 0)}
    assert datetime(2026, 2, 28, 23, 50, tzinfo=UTC) <= min(seen) < max(seen) <= emulator.simulated_now()


def test_every_scheduled_run_counts_in_aws_lambda(emulator: Emulator) -> None:
    now = emulator.simulated_now()
    query = {
        "Id": "runs",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": "Invocations",
                "Dimensions": [{"Name": "FunctionName", "Value": "probe"}],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    (result,) = emulator.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=now - timedelta(hours=1), EndTime=now + timedelta(minutes=1)
    )["MetricDataResults"]
    assert sum(result["Values"]) >= 4
    assert result["Timestamps"] == sorted(result["Timestamps"], reverse=True)


def test_every_run_says_what_it_held_and_what_it_asked(emulator: Emulator) -> None:
    with urllib.request.urlopen(f"{emulator.endpoint}/_sandbox/runs") as answer:
        runs = [run for run in json.load(answer) if run["function"] == "probe"]
    assert [run["cold"] for run in runs[:2]] == [True, False]
    assert {tuple(run["calls"].items()) for run in runs} == {(("ssm", 1),)}
    assert all(10 < run["peak_mib"] < 500 for run in runs)
    held = {int(line.rsplit("Max Memory Used: ", 1)[1].removesuffix(" MB")) for line in log_lines(emulator, "REPORT ")}
    assert held <= {run["peak_mib"] for run in runs}


def test_a_function_sees_no_variable_of_the_host(emulator: Emulator) -> None:
    names = json.loads(log_lines(emulator, '"environment"')[0])["environment"]
    assert "HOST_SECRET" not in names
    assert "GATEWAY_PORT" not in names
    assert {"PATH", "SANDBOX", "AWS_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} <= set(names)


def test_what_the_template_says_is_described(emulator: Emulator) -> None:
    configuration = emulator.client("lambda").get_function_configuration(FunctionName="probe")
    assert configuration["VpcConfig"]["VpcId"].startswith("vpc-")
    concurrency = emulator.client("lambda").get_function_concurrency(FunctionName="probe")
    assert concurrency["ReservedConcurrentExecutions"] == 1
    retries = emulator.client("lambda").get_function_event_invoke_config(FunctionName="probe")
    assert retries["MaximumRetryAttempts"] == 0
    dynamodb = emulator.client("dynamodb")
    assert dynamodb.describe_time_to_live(TableName="results")["TimeToLiveDescription"]["AttributeName"] == "expires"
    backups = dynamodb.describe_continuous_backups(TableName="results")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName="results")["Table"]["SSEDescription"]["SSEType"] == "KMS"
    s3 = emulator.client("s3")
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="reports")["Rules"]
    assert rule["Expiration"] == {"Days": 30}
    encryption = s3.get_bucket_encryption(Bucket="reports")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    (topic,) = emulator.client("sns").list_topics()["Topics"]
    attributes = emulator.client("sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")
    groups = emulator.client("ec2").describe_security_groups()["SecurityGroups"]
    (group,) = [group for group in groups if group["Description"] == "auditor"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]


def test_a_function_does_what_its_role_allows_and_nothing_more(emulator: Emulator) -> None:
    client = emulator.client("lambda")

    def call(event: dict[str, str]) -> str:
        answer = client.invoke(FunctionName="writer", Payload=json.dumps(event))["Payload"].read()
        return str(json.loads(answer))

    denied = call({})
    assert "AccessDenied" in denied
    assert "dynamodb:PutItem" in denied
    assert call({"metric": NAMESPACE}) == "written"
    assert "cloudwatch:PutMetricData" in call({"metric": "Elsewhere"})


def test_a_function_starts_exactly_the_function_that_its_role_allows(emulator: Emulator) -> None:
    client = emulator.client("lambda")

    def call(name: str) -> str:
        return str(
            json.loads(client.invoke(FunctionName="writer", Payload=json.dumps({"invoke": name}))["Payload"].read())
        )

    assert call("probe") == "202"
    wait_for("the run that was asked for", 10, lambda: log_lines(emulator, "slot 2026-02-28T12:00:00"))
    denied = call("writer")
    assert "AccessDenied" in denied
    assert "lambda:InvokeFunction" in denied


def test_conditions_and_transactions_of_dynamodb_fail_as_on_aws(emulator: Emulator) -> None:
    dynamodb = emulator.client("dynamodb")
    put = {"TableName": "results", "Item": {"pk": {"S": "slot"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    dynamodb.put_item(**put)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        dynamodb.put_item(**put)
    other = {"TableName": "results", "Item": {"pk": {"S": "other"}}}
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=[{"Put": other}, {"Put": put}])
    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert "Item" not in dynamodb.get_item(TableName="results", Key={"pk": {"S": "other"}})


def test_a_scheduled_run_that_raises_reaches_the_failure_destination_and_counts_as_error(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(Name="failures", Value="2", Overwrite=True)
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    (message,) = wait_for("dead letter", 8, lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    record = json.loads(message["Body"])
    assert set(record["requestPayload"]) == {"slot"}
    assert record["requestContext"]["condition"] == "RetriesExhausted"


def test_recovery_turns_the_alarm_to_ok_and_says_so_once(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(Name="failures", Value="0", Overwrite=True)
    for name in ("failing", "share", "both"):
        wait_for(f"{name} OK", 10, lambda name=name: state(emulator, name) == "OK")  # type: ignore[misc]
    time.sleep(2 * SECONDS_PER_MINUTE)
    assert pages(emulator).count(("failing", "OK")) == 1


def test_a_probe_that_stops_reporting_raises_the_silence_alarm(emulator: Emulator) -> None:
    assert state(emulator, "silent") == "OK"
    emulator.client("events").disable_rule(Name="every-minute")
    wait_for("silence in ALARM", 12, lambda: state(emulator, "silent") == "ALARM")
    assert state(emulator, "failing") == "OK"
    assert ("silent", "ALARM") in pages(emulator)


def test_an_alarm_action_is_lost_where_the_topics_key_does_not_admit_cloudwatch(emulator: Emulator) -> None:
    resources = emulator.client("cloudformation").describe_stack_resources(StackName="audit")["StackResources"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    sns, cloudwatch = emulator.client("sns"), emulator.client("cloudwatch")
    set_key = {"TopicArn": ids["Pages"], "AttributeName": "KmsMasterKeyId"}
    change = {"AlarmName": "failing", "StateReason": "test"}
    pages(emulator)
    sns.set_topic_attributes(**set_key, AttributeValue=ids["KeyThatKeepsCloudWatchOut"])
    cloudwatch.set_alarm_state(**change, StateValue="ALARM")
    sns.set_topic_attributes(**set_key, AttributeValue=ids["Key"])
    assert ("failing", "ALARM") not in pages(emulator)
    cloudwatch.set_alarm_state(**change, StateValue="INSUFFICIENT_DATA")
    cloudwatch.set_alarm_state(**change, StateValue="ALARM")
    assert ("failing", "ALARM") in pages(emulator)


def test_math_that_the_emulator_cannot_evaluate_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ClientError, match="ANOMALY_DETECTION_BAND"):
        emulator.client("cloudwatch").put_metric_alarm(
            AlarmName="band",
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[metric("Checks", "Sum", "m1"), {"Id": "e1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}],
        )


def test_a_signal_leaves_no_process_and_takes_less_than_three_seconds(emulator: Emulator) -> None:
    assert len(processes_naming(str(emulator.state_dir))) >= 2  # the server and a warm worker
    started = time.monotonic()
    emulator.process.send_signal(signal.SIGTERM)
    assert emulator.process.wait(timeout=3) == 0
    wait_for("workers gone", 3 - (time.monotonic() - started), lambda: not processes_naming(str(emulator.state_dir)))
