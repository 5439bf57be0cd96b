"""Training at providers."""
