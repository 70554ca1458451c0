"""The sandbox's AWS: MiniStack in one process, with its gaps to AWS closed by small patches and its time compressed.

Start it with `python -m sandbox.emulator --port P --state-dir D`. It listens on loopback only, needs no Docker and no
root, keeps everything in memory, and stops with SIGTERM leaving no process behind.
"""
