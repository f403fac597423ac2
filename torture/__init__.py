"""`make torture`: what the site must withstand."""
