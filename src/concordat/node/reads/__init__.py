"""What faces may read of a node, as JSON-able values, page by page.

Lists, search and totals are found in the index; what they show of each thing is copied by key under the engine's lock,
so that an answer costs what it shows. Only what is durable is shown. Who may read what is the faces' table of access;
whom a thing concerns is told here.
"""

from concordat.node.reads.ballots import get_ballot, get_choice, list_ballots
from concordat.node.reads.behaviors import count_behaviors, get_behavior, get_lag, list_behaviors
from concordat.node.reads.chain import get_names, get_officer, get_status
from concordat.node.reads.contracts import (
    count_contracts,
    draft_contract,
    get_contract,
    get_contract_sentences,
    get_contract_text,
    is_party,
    judge_terms,
    list_contracts,
)
from concordat.node.reads.datasets import get_dataset, list_datasets
from concordat.node.reads.health import find_lacking_rules, get_disk, get_health, get_rules
from concordat.node.reads.history import (
    Block,
    choose_link,
    find_client_key,
    find_entry,
    find_first_position,
    find_positions,
    find_transaction,
    get_block_span,
    get_entry,
    get_receipt,
    get_size_at,
    is_concerned,
    list_entries,
    list_following,
    make_receipt,
)
from concordat.node.reads.inbox import get_inbox, get_roles
from concordat.node.reads.members import CreditSums, get_credit, get_member, list_members, sum_credit, summarize_members
from concordat.node.reads.objections import (
    find_comments,
    is_part_of_objection,
    list_objections,
    tell_objection,
)
from concordat.node.reads.overview import get_overview
from concordat.node.reads.public import (
    check_public_member,
    get_public_ballot,
    get_public_member,
    list_public_ballots,
    list_public_contracts,
    list_public_members,
)

__all__ = [
    "Block",
    "CreditSums",
    "check_public_member",
    "choose_link",
    "count_behaviors",
    "count_contracts",
    "draft_contract",
    "find_client_key",
    "find_comments",
    "find_entry",
    "find_first_position",
    "find_lacking_rules",
    "find_positions",
    "find_transaction",
    "get_ballot",
    "get_behavior",
    "get_block_span",
    "get_choice",
    "get_contract",
    "get_contract_sentences",
    "get_contract_text",
    "get_credit",
    "get_dataset",
    "get_disk",
    "get_entry",
    "get_health",
    "get_inbox",
    "get_lag",
    "get_member",
    "get_names",
    "get_officer",
    "get_overview",
    "get_public_ballot",
    "get_public_member",
    "get_receipt",
    "get_roles",
    "get_rules",
    "get_size_at",
    "get_status",
    "is_concerned",
    "is_part_of_objection",
    "is_party",
    "judge_terms",
    "list_ballots",
    "list_behaviors",
    "list_contracts",
    "list_datasets",
    "list_entries",
    "list_following",
    "list_members",
    "list_objections",
    "list_public_ballots",
    "list_public_contracts",
    "list_public_members",
    "make_receipt",
    "sum_credit",
    "summarize_members",
    "tell_objection",
]
