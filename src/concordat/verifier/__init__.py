"""The verdict on a proof file: in Python, and as the scripts and the one HTML file that a browser runs."""
