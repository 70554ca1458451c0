"""Family `compute`: ECS services, their tasks, deployments and stops."""
