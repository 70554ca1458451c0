"""Family `configuration`: what running task definitions are set to."""
