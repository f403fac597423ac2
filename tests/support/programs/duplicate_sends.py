"""A client process that sends one drawing many times at once, with one submission key.

    python -m tests.support.programs.duplicate_sends URL SUBMISSION_KEY TIMES START

Waits until START (seconds since the epoch), then sends from TIMES threads. Repeats a send that got
a 503, as the studio would. Prints a JSON list of [status, id].
"""

import http.cookiejar
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TIMEOUT_SECONDS = 30
NUMBERS = json.dumps([number % 256 for number in range(40_000)])


def send(url: str, key: str, start: float) -> tuple[int, str]:
    cookies = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{url}/").read()
    token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
    values = {"canvas_data": NUMBERS, "submission_key": key}
    request = urllib.request.Request(
        f"{url}/drawings/",
        urllib.parse.urlencode(values).encode(),
        {"Accept": "application/json", "X-CSRFToken": token or ""},
    )
    time.sleep(max(0.0, start - time.time()))
    while True:
        try:
            with opener.open(request) as response:
                return response.status, json.load(response)["id"]
        except urllib.error.HTTPError as refusal:
            if refusal.code != 503 or time.time() > start + TIMEOUT_SECONDS:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    url, key, times, start = sys.argv[1:]
    with ThreadPoolExecutor(int(times)) as threads:
        sent = [threads.submit(send, url, key, float(start)) for _ in range(int(times))]
        print(json.dumps([each.result() for each in sent]))
