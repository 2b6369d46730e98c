"""The viewer of ./runs: `streamlit run app.py`."""
from society.viewer.main import main

main()
