"""Read models: folds of entries into SQL tables for search and pages. Derived: delete them and they are rebuilt."""
