"""The commands of ``edge-render``; each reads its options and calls what does the work."""
