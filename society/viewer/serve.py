"""The server's process: loads what the pages need before Streamlit opens its port, so that the first page comes at once."""

import sys

from streamlit.web import cli

import society.viewer.main  # noqa: F401 (it imports every page)

if __name__ == "__main__":
    sys.exit(cli.main(prog_name="streamlit"))
