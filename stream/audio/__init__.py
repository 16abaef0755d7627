"""Sound: decoded from files, coded once as Opus, sent at its instant."""
