"""Table, bucket, queue: what the emulator drops in silence is asserted here."""

import json

from auditor import names
from tests.infra.synthesis import Stage


def test_the_table_expires_recovers_and_is_encrypted_with_our_key(stage: Stage) -> None:
    table = stage.only("AWS::DynamoDB::Table")
    (key,) = stage.resources("AWS::KMS::Key")
    assert table["TimeToLiveSpecification"] == {"AttributeName": names.KEY_EXPIRY, "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": "KMS",
        "KMSMasterKeyId": {"Fn::GetAtt": [key, "Arn"]},
    }
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert [(k["AttributeName"], k["KeyType"]) for k in table["KeySchema"]] == [
        (names.KEY_PARTITION, "HASH"),
        (names.KEY_SORT, "RANGE"),
    ]


def test_the_bucket_is_private_versioned_and_encrypted(stage: Stage) -> None:
    bucket = stage.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "ServerSideEncryptionConfiguration" in bucket["BucketEncryption"]
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_the_bucket_and_the_queue_refuse_plain_http(stage: Stage) -> None:
    for type in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        statements = stage.only(type)["PolicyDocument"]["Statement"]
        denials = [s for s in statements if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in denials] == [{"Bool": {"aws:SecureTransport": "false"}}], type


def test_observations_are_kept_a_month_reports_more_than_a_year(stage: Stage) -> None:
    rules = {r["Id"]: r for r in stage.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]}
    assert (rules["observations"]["Prefix"], rules["observations"]["ExpirationInDays"]) == ("observations/", 30)
    assert (rules["reports"]["Prefix"], rules["reports"]["ExpirationInDays"]) == ("reports/", 400)
    assert rules["leftovers"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    assert rules["leftovers"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}


def test_the_failure_queue_is_encrypted_and_keeps_failures_for_two_weeks(stage: Stage) -> None:
    queue = stage.only("AWS::SQS::Queue")
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_stores_and_key_stay_when_the_stack_goes_unless_the_stage_says_destroy(stage: Stage) -> None:
    wanted = "Delete" if stage.settings.stage in ("sandbox", "own-vpc") else "Retain"
    for type in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"):
        assert [r["DeletionPolicy"] for r in stage.resources(type).values()] == [wanted], type


def test_both_topics_are_encrypted_with_a_rotating_key_that_cloudwatch_may_use(stage: Stage) -> None:
    ((key, resource),) = stage.resources("AWS::KMS::Key").items()
    assert resource["Properties"]["EnableKeyRotation"] is True
    topics = stage.properties("AWS::SNS::Topic")
    assert [t["KmsMasterKeyId"] for t in topics] == [{"Fn::GetAtt": [key, "Arn"]}] * 2
    (admitted,) = [
        s
        for s in resource["Properties"]["KeyPolicy"]["Statement"]
        if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert admitted["Effect"] == "Allow"
    assert set(admitted["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def test_the_topic_policies_admit_alarms_and_refuse_plain_http(stage: Stage) -> None:
    policies = stage.properties("AWS::SNS::TopicPolicy")
    assert len(policies) == 2
    for policy in policies:
        statements = policy["PolicyDocument"]["Statement"]
        (alarms,) = [s for s in statements if s["Effect"] == "Allow"]
        assert (alarms["Action"], alarms["Principal"]) == ("sns:Publish", {"Service": "cloudwatch.amazonaws.com"})
        assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": stage.settings.account}}
        (denial,) = [s for s in statements if s["Effect"] == "Deny"]
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_subscribers_get_the_protocol_of_their_address(stage: Stage) -> None:
    subscribed = {(s["Protocol"], s["Endpoint"]) for s in stage.properties("AWS::SNS::Subscription")}
    expected = {
        "example": {("email", "on-call@example.org"), ("https", "https://chat.example.org/hooks/stories")},
        "own-vpc": {("email", "a@b.example"), ("sqs", "arn:aws:sqs:eu-central-1:123456789012:inbox")},
    }
    assert subscribed == expected.get(stage.settings.stage, set())


def test_no_secret_value_is_in_the_template(stage: Stage) -> None:
    assert "AWS::SecretsManager::Secret" not in json.dumps(stage.template)
