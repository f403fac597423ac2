"""What `make bench` measures: each figure beside its target, in one run on one machine."""
