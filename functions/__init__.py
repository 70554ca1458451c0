"""The deployed functions: one folder a family, and the aggregator. The import path is always ``functions.<family>``."""
