"""The API at /api/v1/.

Nothing else imports what is in here, and no server process does before it is first asked: ninja and
pydantic take their time and their memory. See drawsite/lib/lazy_urls.py.
"""
