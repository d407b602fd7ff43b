"""Concordat: regions and public bodies cooperate over a ledger that none of them owns alone."""
