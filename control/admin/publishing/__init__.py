"""From files to a signed release: drafts, validation, preview, publishing."""
