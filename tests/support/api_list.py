"""Reading the API's list of drawings."""


def listed(response):
    assert response.status_code == 200, response.content
    return [drawing["id"] for drawing in response.json()["drawings"]]


def ids(*drawings):
    return [str(drawing.id) for drawing in drawings]


def followed(client, address):
    """The ids on each page, to the last."""
    pages = []
    while address:
        response = client.get(address)
        pages.append(listed(response))
        address = response.json()["next"]
    return pages
