"""The demo: a user of the public interfaces, told as a story. It holds no rule and reaches into nothing."""
