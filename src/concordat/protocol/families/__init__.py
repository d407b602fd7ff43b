"""Transaction families, a file or folder each: operations, events, rejections, rules, invariants."""
