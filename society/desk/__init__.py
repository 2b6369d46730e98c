"""What needs a trained mind at work: looking inside one, what if it had said, a seat for a person. Asked through files."""
