"""Decoding apart: libraries that hostile bytes might crash or bloat run in a child process with limits."""
