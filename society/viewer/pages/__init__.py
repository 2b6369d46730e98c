"""The pages: thin, each shows what `queries` reads."""
