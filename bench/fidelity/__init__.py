"""How models look beside reference pictures: ``python -m bench.fidelity FOLDER``."""
