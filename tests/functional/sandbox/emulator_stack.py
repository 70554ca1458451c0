"""The stack that the functional test of the emulator deploys: a probe, its alarms, and what they need."""

from typing import Any

NAMESPACE = "Auditor"

PROBE = """
import json, logging, os, boto3
logging.getLogger().setLevel(logging.INFO)
mode = boto3.client("ssm")
def handler(event, context):
    failures = int(mode.get_parameter(Name="failures")["Parameter"]["Value"])
    logging.info("slot %s", event["slot"])
    print(json.dumps({"environment": sorted(os.environ)}))
    print(json.dumps({
        "_aws": {"Timestamp": event["milliseconds"] if "milliseconds" in event else slot(event["slot"]),
                 "CloudWatchMetrics": [{"Namespace": "Auditor", "Dimensions": [["family"], []],
                                        "Metrics": [{"Name": "Failures", "Unit": "Count"}, {"Name": "Checks"}]}]},
        "family": "http", "Failures": failures, "Checks": [1, 1, 2]}))
    if failures > 1:
        raise RuntimeError("broken")
def slot(text):
    from datetime import datetime
    return int(datetime.fromisoformat(text).timestamp() * 1000)
"""

WRITER = """
import boto3
def handler(event, context):
    if "invoke" in event:
        payload = b'{"slot": "2026-02-28T12:00:00+00:00"}'
        given = {"FunctionName": event["invoke"], "InvocationType": "Event", "Payload": payload}
        return boto3.client("lambda").invoke(**given)["StatusCode"]
    if "metric" in event:
        boto3.client("cloudwatch").put_metric_data(
            Namespace=event["metric"], MetricData=[{"MetricName": "m", "Value": 1}])
    else:
        boto3.client("dynamodb").put_item(TableName="results", Item={"pk": {"S": "1"}})
    return "written"
"""


def function(code: str, **properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Timeout": 10,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": code},
            **properties,
        },
    }


def alarm(**properties: Any) -> dict[str, Any]:
    actions = {name: [{"Ref": "Pages"}] for name in ("AlarmActions", "OKActions")}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {"EvaluationPeriods": 1, "TreatMissingData": "notBreaching", **actions, **properties},
    }


def key(service: str) -> dict[str, Any]:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            allow("kms:*", Principal={"AWS": "arn:aws:iam::000000000000:root"}),
            allow("kms:Decrypt", Principal={"Service": service}),
            allow("kms:GenerateDataKey*", Principal={"Service": service}),
        ],
    }
    return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}


def metric(name: str, stat: str, id: str) -> dict[str, Any]:
    of = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": [{"Name": "family", "Value": "http"}]}
    return {"Id": id, "MetricStat": {"Metric": of, "Period": 60, "Stat": stat}, "ReturnData": False}


def allow(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


FAILURES = {"Namespace": NAMESPACE, "MetricName": "Failures", "Period": 60}
HTTP = {"Dimensions": [{"Name": "family", "Value": "http"}]}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Key": key("cloudwatch.amazonaws.com"),
        "KeyThatKeepsCloudWatchOut": key("sqs.amazonaws.com"),
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "probe",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                allow("ssm:GetParameter"),
                                {
                                    "Effect": "Allow",
                                    "Action": "lambda:InvokeFunction",
                                    "Resource": {
                                        "Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:probe"
                                    },
                                },
                                allow(
                                    "cloudwatch:PutMetricData",
                                    Condition={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
                                ),
                            ],
                        },
                    }
                ],
            },
        },
        "Mode": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "failures", "Type": "String", "Value": "1"}},
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.7.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "auditor"},
        },
        "FromItself": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": {"Ref": "Group"},
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "SourceSecurityGroupId": {"Ref": "Group"},
            },
        },
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
        "Inbox": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "inbox"}},
        "InboxPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Inbox"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "sns.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": {"Fn::GetAtt": ["Inbox", "Arn"]},
                            "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": "Pages"}}},
                        }
                    ],
                },
            },
        },
        "Pages": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": "pages", "KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        },
        "ToInbox": {
            "Type": "AWS::SNS::Subscription",
            "Properties": {
                "TopicArn": {"Ref": "Pages"},
                "Protocol": "sqs",
                "Endpoint": {"Fn::GetAtt": ["Inbox", "Arn"]},
                "RawMessageDelivery": True,
            },
        },
        "Probe": function(
            PROBE,
            FunctionName="probe",
            ReservedConcurrentExecutions=1,
            VpcConfig={"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [{"Ref": "Group"}]},
        ),
        "ProbeInvoke": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Probe"},
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 0,
                "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}},
            },
        },
        "Writer": function(WRITER, FunctionName="writer"),
        "Results": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "TableName": "results",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
                "Replicas": [
                    {
                        "Region": "us-east-1",
                        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                        "SSESpecification": {"KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
                    }
                ],
            },
        },
        "Reports": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": "reports",
                "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]},
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "Key"}}}
                    ]
                },
            },
        },
        "Saved": {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {"Name": "errors", "QueryString": "fields @message"},
        },
        "EveryMinute": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": "every-minute",
                "ScheduleExpression": "cron(* * * * ? *)",
                "Targets": [
                    {
                        "Id": "probe",
                        "Arn": {"Fn::GetAtt": ["Probe", "Arn"]},
                        "InputTransformer": {
                            "InputPathsMap": {"time": "$.time"},
                            "InputTemplate": '{"slot": <time>}',
                        },
                    }
                ],
            },
        },
        "Failing": alarm(
            AlarmName="failing",
            Threshold=1,
            Statistic="Maximum",
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            **FAILURES,
            **HTTP,
        ),
        "OtherDimension": alarm(
            AlarmName="other-dimension",
            Threshold=1,
            Statistic="Maximum",
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            Dimensions=[{"Name": "family", "Value": "tls"}],
            **FAILURES,
        ),
        "Silent": alarm(
            AlarmName="silent",
            Threshold=1,
            Statistic="SampleCount",
            ComparisonOperator="LessThanThreshold",
            **{**FAILURES, **HTTP, "TreatMissingData": "breaching"},
        ),
        "Share": alarm(
            AlarmName="share",
            Threshold=20,
            ComparisonOperator="GreaterThanThreshold",
            Metrics=[
                metric("Failures", "Sum", "failures"),
                metric("Checks", "Sum", "checks"),
                {"Id": "share", "Expression": "IF(checks > 0, FILL(failures, 0) / checks * 100, 0)"},
            ],
        ),
        "Both": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "Properties": {
                "AlarmName": "both",
                "AlarmRule": {"Fn::Join": ["", ['ALARM("', {"Ref": "Failing"}, '") AND ALARM("share")']]},
            },
            "DependsOn": ["Share"],
        },
    }
}
