"""Signatures, the Merkle log, the state tree, checkpoints, the proof file and its verifier. Pure; spec/proof.md."""
