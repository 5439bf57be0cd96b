"""One working fake per port, and fake servers for other people's clouds."""
