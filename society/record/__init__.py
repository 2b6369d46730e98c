"""What is remembered: tables, checkpoints, frames."""
