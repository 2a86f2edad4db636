"""Read submitted reports, propose codes with the passage that shows them, rebuild synthesis tables."""
