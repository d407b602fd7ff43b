"""English: operations and entries of the ledger. A field says how its value is shown: see `sentences.render`."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # ── small words ─────────────────────────────────────────────────────────────────────────────────────────────────
    "none": "none",
    "separator": ", ",
    # ── operations: what a signer is about to sign, or has signed ───────────────────────────────────────────────────
    "operation.ballots.open": "{signer:member} puts to the vote, from {opens_at:time} to {closes_at:time}: "
    "{motion:motion} "
    "Reason: {reason:text}",
    "operation.ballots.vote": "{signer:member} votes “{choice:choice}” in ballot {ballot:number}; this is final.",
    "operation.ballots.withdraw": "{signer:member} withdraws ballot {ballot:number}.",
    "operation.clock.tick": "{signer:member} asks the ledger to deal with what has become due.",
    "operation.clock.advance": "{signer:member} moves simulated time to {time:time}.",
    "operation.contracts.propose": "{signer:member} proposes “{terms.title}” ({terms.template:template}) between "
    "{terms.parties:who}. Obligations: {terms.obligations:count}; size in units: {terms.size:number}; to be signed "
    "by {terms.sign_by:time}.",
    "operation.contracts.sign": "{signer:member} signs contract {contract:contract}, document {document:digest}.",
    "operation.contracts.decline": "{signer:member} declines to sign contract {contract:contract}. Reason: "
    "{reason:text}",
    "operation.contracts.deliver": "{signer:member} delivers version {version} for obligation {obligation} of "
    "contract {contract:contract}.",
    "operation.contracts.acknowledge": "{signer:member} accepts the delivery for obligation {obligation} of contract "
    "{contract:contract}.",
    "operation.contracts.object": "{signer:member} objects to the delivery for obligation {obligation} of contract "
    "{contract:contract}: {ground:ground}. Statement {statement:digest}.",
    "operation.contracts.terminate": "{signer:member} asks to end contract {contract:contract}; it ends once every "
    "party has asked with nothing done about an obligation in between, and what is late then stays a breach.",
    "operation.datasets.register": "{signer:member} registers version {version} of dataset {dataset}, “{title}”. "
    "Rows: {rows:number}; bytes: {byte_count:number}; digest {digest:digest}; schema {schema:digest}; row root "
    "{row_root:digest}.",
    "operation.datasets.withdraw": "{signer:member} withdraws version {version} of dataset {dataset}. Reason: "
    "{reason:text}",
    "operation.membership.apply": "{name} ({kind:kind}) applies for membership as {member}, registered under {scheme} "
    "{code}, with {sponsor:who} as sponsor. Former member: {predecessor:who}; parent: {parent:who}; dossier "
    "{dossier:digest}; officer card {card:digest}.",
    "operation.membership.sponsor": "{signer:member} stands for {member:who}.",
    "operation.membership.sponsor.refused": "{signer:member} will not stand for {member:who}.",
    "operation.membership.attest": "{signer:member} confirms the dossier {dossier:digest} of {member:who}.",
    "operation.membership.attest.refused": "{signer:member} does not confirm the dossier {dossier:digest} of "
    "{member:who}.",
    "operation.membership.respond": "{signer:member} files statement {statement:digest} in its hearing.",
    "operation.membership.readmit": "{signer:member} asks to return, with {guarantor:who} as guarantor.",
    "operation.membership.add_officer": "{signer:member} adds an officer with key {public_key:digest} and card "
    "{card:digest}. Roles: {roles:role}.",
    "operation.membership.set_roles": "{signer:member} changes what the officer with key {public_key:digest} may do. "
    "Roles: {roles:role}.",
    "operation.membership.remove_officer": "{signer:member} ends the officer's key {public_key:digest}.",
    "operation.membership.rotate_key": "{signer:member} puts the key {public_key:digest}, with card {card:digest}, "
    "in the place of the one that signs this.",
    "operation.membership.revoke_key": "{signer:member} ends the key that signs this.",
    "operation.membership.grant": "{signer:member} gives the officer with key {public_key:digest} the role "
    "“{role:role}” until {valid_until:time}. Terms agreed to: {term:digest}.",
    "operation.membership.delegate": "{signer:member} lets the officer with key {public_key:digest} act in the "
    "place of the one that signs this, from {valid_from:time} until {valid_until:time}. Roles: {roles:role}.",
    "operation.behaviors.record": "{signer:member} records “{sentence}” ({kind}), which happened on "
    "{occurred_at:time}. It concerns: {subject:subject}; evidence {evidence:digest}.",
    "operation.behaviors.anchor": "{signer:member} anchors the next batch of series {series}, from {first_at:time} "
    "to {last_at:time}. Items: {count:number}; root {root:digest}.",
    "operation.objections.file": "{signer:member} objects to {about:about}; {member:who} has to answer. Statement "
    "{statement:digest}.",
    "operation.objections.file.comment": "{signer:member} comments on {about:about}; {member:who} has to answer. "
    "Statement {statement:digest}.",
    "operation.objections.answer": "{signer:member} answers objection or comment {objection}. Statement "
    "{statement:digest}.",
    # ── operations as a heading ─────────────────────────────────────────────────────────────────────────────────────
    "act.unreadable": "Request",
    "act.ballots.open": "Opening of a ballot",
    "act.ballots.vote": "Vote",
    "act.ballots.withdraw": "Withdrawal of a ballot",
    "act.clock.tick": "Tick",
    "act.clock.advance": "Advance of time",
    "act.contracts.propose": "Proposal of a contract",
    "act.contracts.sign": "Signature",
    "act.contracts.decline": "Declining",
    "act.contracts.deliver": "Delivery",
    "act.contracts.acknowledge": "Acknowledgment",
    "act.contracts.object": "Objection",
    "act.contracts.terminate": "Request to end a contract",
    "act.datasets.register": "Registration of a version",
    "act.datasets.withdraw": "Withdrawal of a version",
    "act.membership.apply": "Application",
    "act.membership.sponsor": "Sponsorship",
    "act.membership.attest": "Verification",
    "act.membership.respond": "Statement in a hearing",
    "act.membership.readmit": "Request to return",
    "act.membership.add_officer": "Adding of an officer",
    "act.membership.set_roles": "Change of an officer's roles",
    "act.membership.remove_officer": "Removal of an officer",
    "act.membership.rotate_key": "Change of a key",
    "act.membership.revoke_key": "Revocation of a key",
    "act.membership.grant": "Granting of a role for a time",
    "act.membership.delegate": "Delegation",
    "act.behaviors.record": "Record of a behavior",
    "act.behaviors.anchor": "Anchoring of a series",
    "act.objections.file": "Objection or comment",
    "act.objections.answer": "Answer to an objection",
    # ── entries of the ledger ───────────────────────────────────────────────────────────────────────────────────────
    "receipt.refused": "{act} by {signer:member} was refused: {reason}",
    "receipt.refused_stranger": "{act} by no member was refused: {reason}",
    "receipt.several": "{signer:member} did {count} things in one transaction: {acts}.",
    "receipt.none_done": "None of the {count} operations of its transaction took effect.",
    "receipt.nothing_left": "A deadline came and there was nothing left to do.",
    "event.ballots.opened": "Ballot {ballot:number}, put by {opener:who}, is open from {opens_at:time} to "
    "{closes_at:time} to "
    "{electorate:number} members: {motion:motion}",
    "event.ballots.opened.ledger": "Ballot {ballot:number}, put by the ledger itself, is open until "
    "{closes_at:time} to "
    "{electorate:number} members: {motion:motion}",
    "event.ballots.voted": "{member:member} voted “{choice:choice}” in ballot {ballot:number}.",
    "event.ballots.withdrawn": "{member:member} withdrew ballot {ballot:number}.",
    "event.ballots.closed": "Ballot {ballot:number} is over, {outcome:status.ballot}: yes {yes:number}, no "
    "{no:number}, "
    "abstained {abstain:number}, of {electorate:number} members.",
    "event.ballots.called_off": "What ballot {ballot:number} decided is not done: ballot {by:number} called it off.",
    "event.ballots.moot": "Ballot {ballot:number} was carried, but cannot be carried out any more: {ground:obstacle}.",
    "event.ballots.parameter_changed": "By ballot {ballot:number} the parameter {name} is {value:number} from "
    "here on.",
    "event.ballots.role_given": "By ballot {ballot:number} {member:member} has the role “{role:role}”.",
    "event.ballots.role_taken": "By ballot {ballot:number} {member:member} no longer has the role “{role:role}”.",
    "event.ballots.stayed": "By ballot {ballot:number} the exit of {member:member} is stayed; it is in good "
    "standing again.",
    "event.clock.advanced": "Simulated time moved to {time:time}.",
    "event.contracts.proposed": "{proposer:member} proposed contract {contract:contract}; it waits for signatures.",
    "event.contracts.signed": "{member:member} signed contract {contract:contract}; signatures still missing: {left}.",
    "event.contracts.signed.last": "{member:member} signed contract {contract:contract}; all parties have now signed.",
    "event.contracts.activated": "Contract {contract:contract} was judged valid and is in force.",
    "event.contracts.declined": "{member:member} declined contract {contract:contract}; the offer is over.",
    "event.contracts.expired": "Contract {contract:contract} was not signed by all in time; the offer is void.",
    "event.contracts.delivered": "{debtor:member} delivered version {version} of {dataset} for obligation "
    "{obligation} of contract {contract:contract}; without an objection it counts as accepted on {accepts_at:time}.",
    "event.contracts.objected": "{member:member} objected to the delivery for obligation {obligation} of contract "
    "{contract:contract}: {ground:ground}; the debtor may deliver again until {until:time}.",
    "event.contracts.acknowledged": "{member:member} accepted the delivery for obligation {obligation} of contract "
    "{contract:contract}; creditors that have not: {left}.",
    "event.contracts.settled": "{debtor:member} fulfilled obligation {obligation} of contract {contract:contract} "
    "({severity:settled}); {member:member} accepted the delivery of {delivered_at:time}.",
    "event.contracts.settled.silent": "{debtor:member} fulfilled obligation {obligation} of contract "
    "{contract:contract} ({severity:settled}); nobody objected to the delivery of {delivered_at:time}.",
    "event.contracts.grace_began": "{debtor:member} is late with obligation {obligation} of contract "
    "{contract:contract}; its grace period runs until {ends:time}.",
    "event.contracts.suspended": "Contract {contract:contract} is suspended: {debtor:member} did not deliver for "
    "obligation {obligation} and may still cure this until {ends:time}.",
    "event.contracts.resumed": "Contract {contract:contract} goes on: nothing holds it up any more.",
    "event.contracts.breached": "{debtor:member} breached obligation {obligation} of contract {contract:contract}: "
    "nothing was delivered.",
    "event.contracts.lapsed": "The objection about obligation {obligation} of contract {contract:contract} was not "
    "resolved in time; nobody's word decides; only lateness is recorded.",
    "event.contracts.terminated": "Contract {contract:contract} ended early: {cause:cause}. What was not yet due "
    "is released.",
    "event.contracts.end_asked": "{member:member} asked to end contract {contract:contract}; parties that have not: "
    "{left}.",
    "event.contracts.end_asked.last": "{member:member} asked to end contract {contract:contract}; all parties have "
    "now asked.",
    "event.contracts.completed": "Contract {contract:contract} is completed: every obligation is closed.",
    "event.credit.recorded": "A performance by {member:member} for {counterparty:member} was recorded: obligation "
    "{clause} of contract {contract:contract}.",
    "event.credit.recorded.breach": "A {severity:severity} by {member:member} towards {counterparty:member} was "
    "recorded: obligation {clause} of contract {contract:contract}.",
    "event.credit.changed": "The credit of {member:member} is now {score}, grade {grade}, with a confidence of "
    "{confidence:share}.",
    "event.credit.changed.none": "No record of {member:member} counts any more, the last ones having ended with time: "
    "its credit is again {score}, where newcomers begin, grade {grade}, with a confidence of {confidence:share}.",
    "event.credit.exit_due": "{member:member} meets the rule for forced exit: {limb:limb}.",
    "event.credit.epoch_closed": "Credit epoch {epoch} closed; members whose word carries weight: {reached}.",
    "event.datasets.registered": "{owner:member} registered version {version} of {dataset}; rows: {rows:number}.",
    "event.datasets.withdrawn": "{owner:member} withdrew version {version} of {dataset}.",
    "event.membership.applied": "{member:who} applied for membership and passed the first review; {sponsor:who} "
    "is asked to stand for it.",
    "event.membership.reviewed": "{sponsor:who} stands for {member:who}; the second review is passed and "
    "verification begins.",
    "event.membership.attested": "{verifier:member} confirmed the dossier of {member:who}: {count} of {needed} "
    "confirmations.",
    "event.membership.attested.refused": "{verifier:member} did not confirm the dossier of {member:who}: {count} "
    "of {needed} confirmations.",
    "event.membership.admitted": "{member:who} is verified and has its mirror identity.",
    "event.membership.refused": "The application of {member:who} was refused.",
    "event.membership.lapsed": "The application of {member:who} was not finished in time and lapsed.",
    "event.membership.hearing_opened": "A hearing opened for {member:member}: {limb:limb}. It may sign no new "
    "contract and may file a statement until {ends:time}.",
    "event.membership.responded": "{member:member} filed statement {statement:digest} in its hearing.",
    "event.membership.expelled": "The hearing of {member:member} is over; its forced exit has taken effect.",
    "event.membership.readmission_asked": "{member:who} asks to return, with {guarantor:who} as guarantor.",
    "event.membership.readmission_declined": "{guarantor:who} will not stand for the return of {member:who}.",
    "event.membership.readmitted": "{member:who} is back, guaranteed by {guarantor:who}, under the limits of a "
    "return.",
    "event.membership.officer_added": "The key {public_key:digest} now speaks for {member:member}. Roles: "
    "{roles:role}.",
    "event.membership.officer_changed": "The key {public_key:digest} of {member:member} has other roles now: "
    "{roles:role}.",
    "event.membership.officer_removed": "The key {public_key:digest} no longer speaks for {member:member}.",
    "event.membership.granted": "The key {public_key:digest} of {member:member} has the role “{role:role}” until "
    "{valid_until:time}.",
    "event.membership.delegated": "The key {public_key:digest} of {member:member} may act in the place of "
    "{delegator:digest} from {valid_from:time} until {valid_until:time}. Roles: {roles:role}.",
    "event.membership.acted_for": "The key {public_key:digest} signed this in the place of {delegator:digest}, in the "
    "role “{role:role}”.",
    "event.behaviors.recorded": "{member:member} recorded “{sentence}” ({kind}), which happened on "
    "{occurred_at:time}. It concerns: {subject:subject}.",
    "event.behaviors.anchored": "{member:member} anchored batch {batch} of series {series}, from {first_at:time} to "
    "{last_at:time}; items: {count:number}.",
    "event.objections.filed": "Objection {objection} against {member:who}, raised by {objector:objector}, is about "
    "{about:about}; to be answered by {answer_by:time}.",
    "event.objections.filed.comment": "Comment {objection} on {about:about}, made by {objector:objector}; {member:who} "
    "is to answer by {answer_by:time}.",
    "event.objections.answered": "{member:member} answered objection or comment {objection}.",
    "event.objections.unanswered": "{member:member} did not answer objection or comment {objection} in time.",
}
