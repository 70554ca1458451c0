"""Family `test_suites`: what CI's tests said, apart from the platform's health."""
