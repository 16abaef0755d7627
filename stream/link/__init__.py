"""What a visitor's link carries, and what may be sent on it now. Pure."""
