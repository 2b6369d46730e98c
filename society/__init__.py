"""A simulator of societies of learning agents."""
