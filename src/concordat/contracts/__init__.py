"""The contract language: terms, templates, the text people read, and the judge of validity. Knows no ledger."""
