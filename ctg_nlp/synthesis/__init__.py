"""Synthesis tables from coded records, and their comparison with published ones."""
