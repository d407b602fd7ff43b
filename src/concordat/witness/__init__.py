"""A witness on a member's own machine, and how a node asks one (C2SP tlog-witness)."""
