"""``make bench-kills``: kill -9 at random moments, and what is there afterwards."""
