"""The playground and the HTTP API."""
