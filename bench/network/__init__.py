"""How each sender holds on an impaired network: ``make bench-network``."""
