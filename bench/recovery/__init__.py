"""What visitors notice when renderers and gateways go: ``make bench-recovery``."""
