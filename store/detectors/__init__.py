"""Detectors of personal data and secrets, a file for each sort; `every` has them in their order."""
