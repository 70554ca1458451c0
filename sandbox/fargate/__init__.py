"""A platform of ECS services on Fargate as it stands in the sandbox; which one, an ``Estate`` says."""
