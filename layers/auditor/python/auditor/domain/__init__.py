"""Pure domain: standard library only, no clock, no I/O, no environment. Time is always a parameter."""
