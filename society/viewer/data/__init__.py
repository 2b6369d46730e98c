"""What each page asks of a run: one module a page, plain frames out, nothing of Streamlit."""
