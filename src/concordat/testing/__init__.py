"""The shipped test kit: stand-ins for every port, with faults on demand."""
