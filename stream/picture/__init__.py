"""Which frame is coded next, and how well."""
