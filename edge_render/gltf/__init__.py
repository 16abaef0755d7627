"""Reading glTF 2.0: what a file says is checked, decoded and becomes a Scene."""
