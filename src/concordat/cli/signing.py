"""Signing what a console page shows: read from the bytes here, and refused when the page says anything else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

from cyclopts import Parameter

from concordat.cli.output import OUTPUT, Output, tell
from concordat.cli.where import Root, fetch_key_asking, fetch_root
from concordat.errors import Corrupt, Refused, UsageError
from concordat.wording.sentences import render


def sign(
    url: str,
    /,
    *,
    key: Annotated[Path | None, Parameter(env_var="CONCORDAT_KEY")] = None,
    trust: Root = None,
    yes: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Sign what a console page shows, here, and submit it.

    :param url: The page's address.
    :param key: Your key file; it signs here and is never sent.
    :param trust: genesis.json of the chain, or its node's key: whose key signs, and the receipt, are then proved.
    :param yes: Sign without asking. Without a terminal nobody is asked either: giving the command is the assent.
    """
    from concordat.cli.transactions import emit_receipt  # here: what --help does without
    from concordat.client.answers import reading
    from concordat.client.api import Client, get_origin
    from concordat.client.signing import check_member, check_page, fetch_clauses, fetch_page, fetch_signed

    if key is None:
        raise UsageError("key.needed", "no key was given")
    signer, root = fetch_key_asking(key), fetch_root(trust)
    origin, language = get_origin(url), output.language
    is_trusted = {"trusted": root is not None}
    with Client(origin, None, root, language=language) as stranger:
        page = fetch_page(stranger, url.removeprefix(origin))
        if page.transaction is not None:
            receipt = fetch_signed(stranger, page.transaction, signer.public_key)
            tell(render("sign.already", language))
            emit_receipt(receipt | is_trusted, origin, output)
            return
    with Client(origin, signer, root, language=language) as client:
        check_page(page, signer.public_key, client.chain_id(), client.fetch_valid_until_max(), language)
        if get_origin(urljoin(url, page.submit)) != origin:
            raise Corrupt("sign.differs", "address")
        for line in fetch_clauses(client, page.operations, language):
            tell(line)
        for line in page.sentence.splitlines():
            tell(line)
        tell(f"SHA-256 {page.digest.hex()}")
        if root is None:
            tell(render("sign.unpinned", language))
        else:
            check_member(client, page.member, signer.public_key)
        if sys.stdin.isatty() and not yes:
            tell("Sign this? [y/N]")
            if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
                raise Refused("sign.declined", "nothing was signed")
        receipt = client.submit(signer.sign(page.unsigned) + page.unsigned)
    with reading(origin):
        trusted = receipt | is_trusted
    emit_receipt(trusted, origin, output)
