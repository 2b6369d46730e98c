"""Minds: networks and how they learn."""
