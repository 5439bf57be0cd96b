"""Imports of company data."""
