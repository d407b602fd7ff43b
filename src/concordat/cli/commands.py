"""The table of commands: names, where each is written, and the line that the overview shows."""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """A command's words, the function behind it (`module:function`, loaded when called), and its line of help."""

    name: str
    function: str
    help: str


_HERE = "concordat.cli"

SECTIONS: Final[dict[str, tuple[Command, ...]]] = {
    "Begin": (
        Command("demo", "concordat.demo.command:demo", "Play a whole scenario on this machine."),
        Command("init", f"{_HERE}.folder:init", "Make a new chain in an empty folder."),
        Command("serve", f"{_HERE}.serving:serve", "Run the node of a folder: HTTP interface and console."),
        Command("key new", f"{_HERE}.keys:new_key", "Make a key; it never leaves its folder."),
        Command("key show", f"{_HERE}.keys:show_key", "Print a key file's public key."),
        Command("key prove", f"{_HERE}.keys:prove_key", "Prove that you hold a key, to become an officer."),
        Command("dossier new", f"{_HERE}.dossiers:new_dossier", "Commit to papers; the ledger gets a commitment."),
        Command("card new", f"{_HERE}.keys:new_card", "Write an officer's card; the ledger gets a commitment."),
    ),
    "Act": (
        Command("tx", f"{_HERE}.transactions:tx", "Sign any transaction here, submit it, print the receipt."),
        Command("sign", f"{_HERE}.signing:sign", "Sign what a console page shows."),
        Command("login", f"{_HERE}.transactions:login", "Print a link that signs a browser in once."),
        Command("contract draft", f"{_HERE}.transactions:draft_contract", "Turn a few decisions into terms, judged."),
        Command("dataset describe", f"{_HERE}.datasets:describe", "Compute what the ledger would know of a table."),
        Command("dataset register", f"{_HERE}.datasets:register", "Register the next version of a dataset."),
        Command("ballot open", f"{_HERE}.ballots:open_ballot", "Put a motion to the vote of all members."),
        Command("ballot vote", f"{_HERE}.ballots:vote", "Give your member's one vote; it is final."),
        Command("ballot withdraw", f"{_HERE}.ballots:withdraw", "Take your own ballot back before anybody has voted."),
        Command("ballot comment", f"{_HERE}.objections:comment", "Say what you think of a motion before its vote."),
        Command("objection file", f"{_HERE}.objections:file_objection", "Object to a record about a member."),
        Command("objection answer", f"{_HERE}.objections:answer", "Answer an objection or a comment."),
        Command("notice set", f"{_HERE}.notices:set_notices", "Be told by mail what waits for you."),
        Command("notice stop", f"{_HERE}.notices:stop_notices", "Be told nothing more; your address is forgotten."),
        Command("behavior anchor", f"{_HERE}.behaviors:anchor", "Anchor the next batch of a series; it stays here."),
    ),
    "Read": (
        Command("status", f"{_HERE}.reading:status", "Show where the ledger stands."),
        Command("inbox", f"{_HERE}.reading:inbox", "Show what waits for you, by when, and what happens otherwise."),
        Command("notice show", f"{_HERE}.notices:show_notices", "Show how you are told what waits for you."),
        Command("ledger", f"{_HERE}.reading:ledger", "Show the latest entries in sentences."),
        Command("member show", f"{_HERE}.reading:show_member", "Show a member and the reasons for its credit."),
        Command("behavior list", f"{_HERE}.behaviors:list_behaviors", "Show what a member did, and with what lag."),
        Command("ballot list", f"{_HERE}.ballots:list_ballots", "Show what is or was put to the vote."),
        Command("ballot show", f"{_HERE}.ballots:show_ballot", "Show a ballot: rules, votes and what follows."),
        Command("objection list", f"{_HERE}.objections:list_objections", "Show what a member has to answer."),
        Command("objection show", f"{_HERE}.objections:show_objection", "Show an objection with its words."),
        Command("contract show", f"{_HERE}.reading:show_contract", "Show a contract: text, duties and who is next."),
        Command("receipt", f"{_HERE}.reading:receipt", "Print a transaction's receipt."),
        Command("codes", f"{_HERE}.reference:codes", "List every rejection code with its rule."),
    ),
    "Prove": (
        Command("verify", f"{_HERE}.verifying:verify", "Verify a proof file offline."),
        Command("verifier", f"{_HERE}.verifying:write_verifier", "Write the verifier for browsers, one HTML file."),
        Command("certificate", f"{_HERE}.verifying:write_certificate", "Print what a proof file proves, as PDF."),
        Command("proof", f"{_HERE}.proofs:proof", "Save the proof of a transaction, contract, ballot or member."),
        Command("checkpoint", f"{_HERE}.proofs:checkpoint", "Print the ledger's signed checkpoint."),
        Command("behavior prove", f"{_HERE}.behaviors:prove", "Write the proof of one item of a batch."),
        Command("behavior verify", f"{_HERE}.behaviors:verify", "Verify the proof of one item offline."),
        Command("dossier check", f"{_HERE}.dossiers:check_dossier", "Check papers against a dossier file."),
        Command("replay", f"{_HERE}.proofs:replay", "Recompute an export and compare it with its checkpoints."),
        Command("vectors check", f"{_HERE}.reference:check_vectors", "Recompute the language-neutral test vectors."),
    ),
    "Keep": (
        Command("doctor", f"{_HERE}.folder:doctor", "Look at a node's folder: what is wrong, and what to do."),
        Command("export", f"{_HERE}.folder:export", "Write the ledger as one file that a stranger can replay."),
        Command("backup", f"{_HERE}.folder:backup", "Copy a node's folder into one file while the node runs."),
        Command("restore", f"{_HERE}.folder:restore", "Make a node's folder from a backup."),
        Command("witness key", f"{_HERE}.witness:show_key", "Print a witness's key; make it in an empty folder."),
        Command("witness run", f"{_HERE}.witness:run", "Follow a ledger and cosign what continues it."),
    ),
}

GROUPS: Final[dict[str, str]] = {
    "ballot": "What members decide together.",
    "behavior": "What members do, as it happens.",
    "card": "Officers' cards.",
    "contract": "Contracts.",
    "dataset": "Datasets.",
    "dossier": "Papers that the ledger never sees.",
    "key": "Keys.",
    "member": "Members.",
    "notice": "How you are told what waits for you.",
    "objection": "Objections to records, and their answers.",
    "vectors": "Test vectors.",
    "witness": "Whether a ledger shows everyone one history.",
}


def render_overview() -> str:
    """Return what `concordat --help` says; kept free of every import, so that it answers at once."""
    lines = ["Usage: concordat COMMAND [ARGS]", "", "Cooperate over a ledger that no member owns alone."]
    for section, commands in SECTIONS.items():
        lines += ["", f"{section}:", *(f"  {command.name:<18}{command.help}" for command in commands)]
    lines += [
        "",
        "Every command: --help, --json (one document on standard output), --lang en|zh, --debug.",
        "Environment: CONCORDAT_NODE (address), CONCORDAT_KEY (key file), CONCORDAT_TRUST (genesis.json to pin),",
        "             CONCORDAT_SEEN (where you keep the last checkpoint you have seen).",
        "Exit status: 0 done, 1 defect, 2 wrong usage, 3 not found or not reachable, 4 refused by a rule,",
        "             5 integrity or proof invalid, 6 stale, try again.",
    ]
    return "\n".join(lines) + "\n"
