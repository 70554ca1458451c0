"""The auditor kernel: one layer shared by every function, the command line and the tests."""
