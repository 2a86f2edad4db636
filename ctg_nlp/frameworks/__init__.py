"""Bundled frameworks and their published tables."""
