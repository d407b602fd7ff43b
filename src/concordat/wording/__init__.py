"""Sentences for people, in English and Chinese: codes and parameters are the ledger's, words are the reader's."""
