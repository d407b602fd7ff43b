"""Verifying a proof file: offline, and with no part of a node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from concordat.cli.output import OUTPUT, Output, emit
from concordat.cli.problems import describe_error
from concordat.cli.where import Root
from concordat.client.files import PROOF_BYTES_MAX, read_file, save_new_file
from concordat.errors import ConcordatError, Corrupt, UsageError
from concordat.primitives.plain import Json


def verify(
    file: Path, /, *, trust: Root = None, policy: Path | None = None, output: Output = OUTPUT
) -> int:
    """Verify a proof file offline.

    :param file: A proof file.
    :param policy: How many of which witnesses must have cosigned (a C2SP tlog-policy file).
    """
    from concordat.client.trust import read_trust  # here: what --help does without
    from concordat.crypto.policy import parse_policy
    from concordat.verifier.verdict import compute_verdict
    from concordat.wording.sentences import render

    status = Corrupt.exit_status
    asked = None if policy is None else parse_policy(read_file(policy))
    try:
        data = _read_proof(file)
        verdict = compute_verdict(data, None if trust is None else read_trust(trust), output.language, asked)
        if data.startswith(b"%PDF-"):
            verdict |= {"next_step": render("verifier.attached", output.language, name=file.name)}
    except ConcordatError as error:
        # Whatever could not be read, the answer keeps its shape: nothing is valid, and why.
        told = describe_error(error, output.language)
        code = "untrusted_root"  # whatever a file named as the root of trust holds
        if error.code.startswith("input.") and error.code != "input.too_large":
            code, status = error.code, error.exit_status
        told_so: Json = {"code": code, "statement": told["reason"], "next_step": told["next_step"]}
        verdict = compute_verdict(b"", None, output.language) | told_so
    emit(output, verdict, _describe(verdict))
    return 0 if verdict["valid"] else status


def write_verifier(file: Path, /, *, output: Output = OUTPUT) -> None:
    """Write the verifier as one HTML file: any browser opens it, and it needs no network.

    :param file: The file to write; it must not exist.
    """
    from concordat.verifier.browser import render_offline_page  # here: what --help does without

    data = render_offline_page().encode()
    save_new_file(file, data)
    emit(output, {"file": str(file), "bytes": len(data)}, [str(file)])


def write_certificate(
    file: Path,
    /,
    *,
    out: Path,
    address: str,
    trust: Root = None,
    both: bool = False,
    output: Output = OUTPUT,
) -> None:
    """Write what a proof file proves as a certificate to print: a PDF with the file attached. Needs no network.

    :param file: A proof file.
    :param out: The PDF to write; it must not exist.
    :param address: Where its reader finds the page that it is of; it stands in the code.
    :param both: A second sheet in the other language.
    """
    from concordat.client.trust import read_trust
    from concordat.contracts.text import LANGUAGES
    from concordat.paper.certificate import make_certificate  # here: it needs the node's extra

    root = None if trust is None else read_trust(trust)
    others = [language for language in LANGUAGES if language != output.language] if both else []
    data = make_certificate(_read_proof(file), root, address, [output.language, *others])
    save_new_file(out, data)
    emit(output, {"file": str(out), "bytes": len(data)}, [str(out)])


def _read_proof(path: Path) -> bytes:
    """Return a proof file's bytes; of a larger one none, which is the same verdict: `malformed` (PRF-14, PRF-16)."""
    try:
        return read_file(path, PROOF_BYTES_MAX)
    except UsageError as error:
        if error.code != "input.too_large":
            raise
        return b""


def _describe(verdict: Json) -> Iterator[str]:
    yield f"{'✔' if verdict['valid'] else '✘'} {verdict['statement']}"
    if not verdict["valid"]:
        yield from (verdict["code"], verdict["next_step"])
        return
    yield f"{verdict['chain_id']}, {verdict['height']}, {verdict['time']}"
    for signature in verdict["signatures"]:
        yield f"✔ {signature['signer']} {signature['member'] or ''}".rstrip()
    for witness in verdict["witnesses"]:
        yield f"✔ {witness['name']} {witness['key']} {witness['time']}"
    yield verdict["authority_sentence"]
    yield from verdict["not_proved_sentences"]
