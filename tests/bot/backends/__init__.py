"""Tests of bot/backends."""
