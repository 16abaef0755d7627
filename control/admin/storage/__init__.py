"""Blobs, and how they are uploaded."""
