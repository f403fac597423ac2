"""Headers that come from strangers."""

# What Django's parser raises of parameters that it cannot read: of an encoding that there is none
# of, of bytes that are not of theirs, of one that is given whole and in pieces.
UNREADABLE = (LookupError, ValueError, TypeError)
