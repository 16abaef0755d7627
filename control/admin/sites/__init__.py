"""What each site is to show, how releases get there, and what its nodes tell."""
