"""The charts of each page: frames in, Altair charts out, nothing of Streamlit and no reading."""
