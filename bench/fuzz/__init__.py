"""The admin's API is called as its own description allows, and as it forbids."""
