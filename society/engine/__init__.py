"""The loop and its life: rollout, training, evaluation, launch."""
