"""The bundled example: 15 reports written for it (no real school or person), register and decisions."""
