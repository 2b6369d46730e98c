"""The Streamlit viewer: reads run directories only."""
