"""Credit: adjudicated records to a score, a grade and a way out, in integers. Normative text: spec/credit.md."""
