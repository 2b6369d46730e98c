"""The Streamlit viewer: reads run directories only. CONTRIBUTING.md tells how a page is added.

`main` finds the run and the page that the address names; `pages` lay out, `figures` draw, `data` reads; `kept` is the only
cache, `address` the only memory of a choice, `words` what escapes text; `desk` and `jobs` ask other processes, so that no
model is ever in this one; `replay`, `payload` and `player` bring frames to the browser.
"""
