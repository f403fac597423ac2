"""The site's views: pages, images, plots, data, submissions, and probes."""
