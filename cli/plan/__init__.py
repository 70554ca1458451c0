"""``audit plan``: what a catalogue deploys, what it costs a month, and what AWS would refuse of it."""
