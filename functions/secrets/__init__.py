"""Family `secrets`: what Secrets Manager holds, without a value of it."""
