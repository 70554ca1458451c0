"""Family `discovery`: Cloud Map and Route 53 as registered."""
