"""Transaction families, one file each: messages, events, rejections, `check_`, `apply_`, invariants side by side."""
