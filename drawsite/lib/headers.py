"""Headers that clients send."""

# What Django's parse_header_parameters raises for an unknown encoding, for bytes that are not valid
# in theirs, and for a parameter given both whole and in parts (RFC 2231).
HEADER_PARSE_ERRORS = (LookupError, ValueError, TypeError)
