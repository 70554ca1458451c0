"""The journey family: a model is registered by its real name and taken away again."""
