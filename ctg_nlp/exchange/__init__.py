"""Coding moved to and from other tools: REFI-QDA, EPPI-Reviewer, Label Studio, codebooks in CSV, RIS."""
