"""The `http` family: does every address of an endpoint answer as declared, how fast, and who is it that answers."""
