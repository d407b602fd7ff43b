"""The SDK: keys, building and signing transactions, submitting, waiting, verifying what one is told."""
