"""The runtime shared by all functions: settings, logging, the probe handler."""
