"""Doors to other libraries, each imported only by who asks for it: pettingzoo, mesa, torchrl, stable-baselines3, networkx."""
