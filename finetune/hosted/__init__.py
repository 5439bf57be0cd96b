"""Training at a provider: one interface, a module for each wire format, and jobs that survive whatever happens to this process."""
