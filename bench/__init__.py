"""Measurements. Each prints a ratio against a named rival or limit measured in the same run; nothing is asserted."""
