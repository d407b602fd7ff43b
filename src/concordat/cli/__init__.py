"""The command line: parses, calls one function, renders. No rule of the ledger is decided here."""
