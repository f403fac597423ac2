"""The least and the greatest side of a drawing in pixels: for settings, constraints and files."""

MIN_SIDE = 16
MAX_SIDE = 1024
