"""gunicorn's threaded worker, changed in four ways: no thread waits for a client to send, workers
share connections evenly, a stopping server cuts nobody off, and logs tell nothing of a client."""
