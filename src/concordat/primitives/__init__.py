"""Values: identifiers, bounded numbers, ledger time, the canonical codec and its JSON view."""
