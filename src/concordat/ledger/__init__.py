"""Order and storage: the block log, its head, what a crash leaves of them, and the doctor who looks at the folder."""
