"""From a submitted file to a registered report: verdicts, text with offsets, passages."""
