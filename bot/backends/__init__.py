"""Models behind the `Backend` port."""
