"""A planted-truth audit of metrics: scripted societies whose truth is known by construction, and what metrics say of them."""
