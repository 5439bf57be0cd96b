"""Tests of the browser and the HTTP API."""
