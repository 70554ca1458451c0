"""Family `load_balancer`: balancers with their listeners, rules and certificates, and target groups with theirs."""
