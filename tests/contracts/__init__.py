"""The same cases against each port's fake and its real implementations."""
