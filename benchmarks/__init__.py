"""`make bench`: measure the site against its targets, in one run on one machine."""
