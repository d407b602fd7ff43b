"""Proof files, checked by whoever has genesis or kept a checkpoint."""

from __future__ import annotations

from concordat.crypto.proof import Trust, verify_proof

from .world import World, make_application


def test_a_proof_continues_a_checkpoint_that_the_reader_kept(world: World) -> None:
    world.act("dune-shore", make_application("dune-shore"))
    note = world.get("/v1/checkpoint").text
    size = world.get("/v1/status").json()["log_size"]
    later = world.act("elm-hill", make_application("elm-hill"))

    proof = world.get(f"/v1/transactions/{later['transaction']}/proof?from={size}").content
    assert verify_proof(proof, Trust(note=note)).code == "ok"
    without = world.get(f"/v1/transactions/{later['transaction']}/proof").content
    today = world.get("/v1/status").json()["log_size"]
    since_today = world.get(f"/v1/transactions/{later['transaction']}/proof?from={today}").content
    assert since_today == without
    for trust in (Trust(genesis=world.get("/v1/genesis").content), Trust(note=world.get("/v1/checkpoint").text)):
        assert verify_proof(since_today, trust).code == "ok"
    assert verify_proof(without, Trust(note=note)).code == "other_checkpoint"
