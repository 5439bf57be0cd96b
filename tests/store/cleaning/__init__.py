"""Tests of store.cleaning."""
