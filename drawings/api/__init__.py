"""The API at /api/v1/."""
