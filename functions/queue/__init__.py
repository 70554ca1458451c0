"""Family `queue`: SQS queues, their age, and their dead letters."""
