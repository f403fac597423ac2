"""What answers each URL: pages for people, pictures, data, and what is sent in."""
