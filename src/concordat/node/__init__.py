"""The composition root: a folder opened as a running node, and what faces may read of it."""
