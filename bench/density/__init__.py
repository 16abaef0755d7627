"""``make bench-density``: how many visitors and followers one node carries, and what bounds it."""
