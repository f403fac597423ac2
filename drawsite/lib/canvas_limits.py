"""The smallest and largest side of a drawing in pixels, for settings, constraints and uploads."""

MIN_SIDE = 16
MAX_SIDE = 1024
