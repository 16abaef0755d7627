"""Servers that benches and tests start for themselves: real ones, on this machine, gone at the end."""
