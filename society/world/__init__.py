"""What happens: pure functions on tensors."""
