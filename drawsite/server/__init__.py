"""Changes gunicorn's threaded worker in four ways: no thread waits for a slow client, workers share
connections evenly, a stopping server resets no connection, and logs have no client data."""
