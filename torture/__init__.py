"""What `make torture` does to the site, and what must hold all the same."""
