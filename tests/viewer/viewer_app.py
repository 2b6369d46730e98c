"""The viewer as Streamlit's AppTest draws it, for the tests of all pages."""

from pathlib import Path

from streamlit.testing.v1 import AppTest


def opened(root: Path, **query: str) -> AppTest:
    """The app of the runs in `root`, drawn once at this address."""

    def script(root: str) -> None:
        from society.viewer.main import main

        main(["--root", root])

    test = AppTest.from_function(script, kwargs={"root": str(root)}, default_timeout=90)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()
