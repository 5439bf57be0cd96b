"""The fictional Tauarim group's documents, so that a first start has something to answer from; folders are named by audience."""
