"""Tests, named as sentences of behaviour."""
