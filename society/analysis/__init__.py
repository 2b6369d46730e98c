"""Questions asked of a finished run; numpy and scipy only, no torch."""
