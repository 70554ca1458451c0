"""Where runs, state and reports are kept: one table, one private bucket, and the queue of what could not be done."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from auditor import names
from infra.constructs.acknowledge import acknowledge
from infra.settings import Removal, StageSettings

OBSERVATION_DAYS = 30
REPORT_DAYS = 400
NONCURRENT_DAYS = 7
ABORT_UPLOAD_DAYS = 1


class Stores(Construct):
    """Table, bucket and failure queue of a stage, and the statements that let a role use them."""

    def __init__(self, scope: Construct, id: str, *, settings: StageSettings, key: kms.IKey) -> None:
        super().__init__(scope, id)
        self._stage = settings.stage
        self._key = key
        removal = cdk.RemovalPolicy.RETAIN if settings.removal is Removal.RETAIN else cdk.RemovalPolicy.DESTROY
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name=names.KEY_PARTITION, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=names.KEY_SORT, type=dynamodb.AttributeType.STRING),
            time_to_live_attribute=names.KEY_EXPIRY,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            removal_policy=removal,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            # managed by S3, so that whoever may read a report needs no grant on a key as well
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            removal_policy=removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="observations", prefix="observations/", expiration=cdk.Duration.days(OBSERVATION_DAYS)
                ),
                # `latest` is written anew with every report and so never reaches this age
                s3.LifecycleRule(id="reports", prefix="reports/", expiration=cdk.Duration.days(REPORT_DAYS)),
                s3.LifecycleRule(
                    id="leftovers",
                    noncurrent_version_expiration=cdk.Duration.days(NONCURRENT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(ABORT_UPLOAD_DAYS),
                ),
            ],
        )
        acknowledge(
            self.bucket,
            "S1",
            "Only the auditor's roles write and only named principals read; CloudTrail data events record that access "
            "where an account wants it. A log bucket would need the same rule again.",
        )
        self.failures = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(self.failures, "SQS3", "This is the dead-letter queue itself: nothing consumes it but people.")

    def observation_resource(self, family: str) -> str:
        """ARN pattern of the objects that runs of a family write; mirrors names.observation_key."""
        return self.bucket.arn_for_objects(f"observations/{self._stage}/*/{family}/*")

    @property
    def report_prefix(self) -> str:
        """Where reports begin in the bucket."""
        return f"reports/{self._stage}/"

    @property
    def latest_report(self) -> str:
        """The newest report's page, as the AWS CLI and the console write its address."""
        return f"s3://{self.bucket.bucket_name}/{names.report_key(self._stage, 'report.html')}"

    def use_table_key(self) -> iam.PolicyStatement:
        """The key, through DynamoDB only: a role that leaks cannot decrypt anything with it by hand."""
        return iam.PolicyStatement(
            sid="UseTheTablesKeyThroughDynamoDb",
            actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            resources=[self._key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"dynamodb.{cdk.Stack.of(self).region}.amazonaws.com"}},
        )
