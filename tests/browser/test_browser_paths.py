"""Addresses made by an attacker: whatever they ask for, nothing outside the folder of runs is read, and nothing is echoed."""

import http.client
from urllib.parse import quote

import pytest

from society.viewer.main import PAGES

pytestmark = pytest.mark.browser
LONG = "A" * 5_000
TRICKS = {
    "dots": "..",
    "dots and a slash": "../../etc",
    "encoded": quote("../../etc/passwd", safe=""),
    "encoded twice": quote(quote("../../etc/passwd", safe=""), safe=""),
    "backslashes": quote("..\\..\\etc"),
    "absolute": "/etc/passwd",
    "a file": "file:///etc/passwd",
    "nothing": "%00",
    "a name and nothing": "NAME%00.txt",
    "a name and dots": "NAME%2f..%2f..",
    "over-long UTF-8": "%c0%ae%c0%ae%2f",
    "script": quote("<script>window.pwned=1</script>"),
    "markdown": quote("![x](http://example.com/x.png)"),
    "long": LONG,
}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("page", ["Runs", "World", "Report"])
def test_a_run_that_is_none_is_refused(viewer, names, shown, page, trick):
    value = TRICKS[trick].replace("NAME", names["bazaar"])
    shown.open(viewer.address() + f"?page={page}&run={value}")
    assert shown.problems() == []
    text = shown.text()
    assert "There is no run of that name" in text
    assert "root:" not in text and "AAAA" not in text and "pwned" not in text
    assert "etc" not in shown.page.url and "AAAA" not in shown.page.url


@pytest.mark.parametrize("page", PAGES)
def test_a_link_out_of_the_folder_is_not_followed(viewer, names, shown, page):
    shown.open(viewer.address(run=names["attack_linked"], page=page))
    assert shown.problems() == []
    assert "This run is not opened: a link that leads out of the folder of runs." in shown.text()


@pytest.mark.parametrize("trick", TRICKS)
def test_other_parameters_take_only_what_there_is(viewer, names, shown, trick):
    value = TRICKS[trick].replace("NAME", names["bazaar"])
    for page in ("World", value):
        others = "".join(
            f"&{name}={value}" for name in ("condition", "world", "tick", "window", "view", "twin", "seat", "among", "clip")
        )
        shown.open(viewer.address() + f"?run={names['bazaar']}&page={page}{others}")
        assert shown.problems() == []
        text = shown.text()
        assert "root:" not in text and "AAAA" not in text and "pwned" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd", "/static/../../../../../../etc/passwd", "/media/..%2f..%2f..%2fetc%2fpasswd",
        "/app/static/%2e%2e/%2e%2e/etc/passwd", "/component/society_player/..%2f..%2f..%2fetc%2fpasswd", "//etc/passwd",
        "/_stcore/bidi-components/society_player/..%2f..%2f..%2f..%2fetc%2fpasswd", "/%00", "/" + LONG,
    ],
)  # fmt: skip
def test_the_server_gives_no_file_of_this_machine(viewer, path):
    connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"127.0.0.1:{viewer.port}")
    connection.endheaders()
    answer = connection.getresponse()
    assert b"root:" not in answer.read() and answer.status < 500
    connection.close()
