"""Tables and datasets as files."""
