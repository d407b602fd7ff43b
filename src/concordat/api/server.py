"""The node's HTTP server: one application under uvicorn, and where it may listen."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final, cast

import msgspec
import uvicorn
from anyio import to_thread
from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.router import Router

from concordat.api.access import Face, identify
from concordat.api.asking import Asking, get_language, is_loopback
from concordat.api.events import beat_with_blocks
from concordat.api.openapi import make_router
from concordat.api.problems import handle_error
from concordat.api.tls import check_tls_files, make_tls_refusal
from concordat.api.traffic import BACKLOG, LIMITS, Connection, Limits, watch_requests
from concordat.api.trail import finish
from concordat.api.transactions import JSON_BYTES_MAX
from concordat.api.versions import tag_answers
from concordat.contracts.text import Language
from concordat.crypto.policy import Policy
from concordat.errors import Refused, UsageError
from concordat.ledger.files import disk_error
from concordat.node.cosignatures import NO_WITNESSES
from concordat.node.node import Node
from concordat.node.notices import sending_notices
from concordat.node.witnessing import asking_witnesses

_CONSOLE: Final = "concordat.console.app"

_PROXIES: Final = "127.0.0.1,::1"
"""A declared proxy stands on this machine; what anybody else says about addresses is not believed."""

_SWEEP_S: Final = 10
"""A power cut costs no more of the audit log than this."""


def make_app(
    node: Node, *, is_secure: bool = False, is_proxied: bool = False, limits: Limits = LIMITS
) -> Litestar:
    """Return the ASGI application of a node: `/v1`, and the console where it is installed."""
    console = _find_console(node)
    app = Litestar(
        [make_router(), *([console] if console else [])],
        state=State({"face": Face(node, is_secure)}),
        dependencies={
            "node": Provide(lambda: node, sync_to_thread=False),
            "language": Provide(_provide_language, sync_to_thread=False),
        },
        guards=[identify],
        csrf_config=CSRFConfig(secrets.token_hex(32), cookie_secure=is_secure, cookie_httponly=True),
        exception_handlers={Exception: handle_error, **(console.exception_handlers if console else {})},
        before_send=[finish],
        lifespan=[_sweep, beat_with_blocks],
        request_max_body_size=JSON_BYTES_MAX,
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = tag_answers(app.asgi_handler)
    app.asgi_handler = watch_requests(app, limits, is_proxied=is_proxied)
    return app


def _provide_language(request: Asking, node: NamedDependency[Node]) -> Language:  # noqa: ARG001
    """Take `node` so that the framework asks for one after the other: of two at once it makes a task each."""
    return get_language(request)


def _find_console(node: Node) -> Router | None:
    """The one place where the console joins: `make_router(node)` in its room, when that is installed.

    Its handler of errors also answers for paths that no route has; for those below `/v1` it gives problems.
    """
    if find_spec("concordat.console") is None or find_spec(_CONSOLE) is None:
        return None
    return cast("Router", importlib.import_module(_CONSOLE).make_router(node))


@asynccontextmanager
async def _sweep(app: Litestar) -> AsyncIterator[None]:
    """Make the audit log durable while the application runs."""

    async def run() -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            await to_thread.run_sync(app.state.face.node.audit.sync)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()


# ── listening ───────────────────────────────────────────────────────────────────────────────────────────────────────


def check_exposure(folder: Path, host: str, *, has_tls: bool, is_proxied: bool) -> None:
    """Refuse to show a node to others without TLS, or with keys that anybody can compute.

    Raises:
        Refused: `node.needs_tls`, `node.derived_keys`, `disk.unreadable`.
    """
    if not is_loopback(host) and not has_tls and not is_proxied:
        raise Refused("node.needs_tls", host)
    if is_loopback(host) and not is_proxied:
        return
    try:
        derived = [path for path in sorted(folder.rglob("*.key")) if b"\norigin derived\n" in path.read_bytes()]
    except OSError as error:
        raise disk_error(error, str(folder), is_write=False) from error
    if derived:
        name = str(derived[0].relative_to(folder))
        raise Refused("node.derived_keys", name)


class Ready(msgspec.Struct, frozen=True):
    """What a node says once it answers. `api` is the address before `/v1`; `console` is None when there is none."""

    api: str
    console: str | None
    pid: int
    height: int
    chain_id: str
    simulated: bool


def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8420,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    *,
    tell_ready: Callable[[Ready], None],
    behind_proxy: bool = False,
    accept_clock: bool = False,
    witnesses: Policy = NO_WITNESSES,
) -> None:
    """Run a node until SIGTERM or SIGINT, then stop cleanly. Port 0 picks a free one; `tell_ready` learns which.

    Raises:
        Refused: `node.needs_tls`, `node.bad_tls`, `node.derived_keys`, `node.cannot_listen`, and
            whatever opening the folder raises.
        UsageError: `input.missing_field` when of certificate and key one is given.
    """
    if (tls_cert is None) != (tls_key is None):
        raise UsageError("input.missing_field", "tls_cert and tls_key belong together")
    has_tls = tls_cert is not None
    if tls_cert is not None and tls_key is not None:
        check_tls_files(tls_cert, tls_key)
    check_exposure(folder, host, has_tls=has_tls, is_proxied=behind_proxy)
    node = Node(folder, accepts_clock=accept_clock, witnesses=witnesses)
    gc.freeze()  # the collector need not look again and again at a state that stays
    try:
        with _listen(host, port) as listener, asking_witnesses(node), sending_notices(node):
            app = make_app(node, is_secure=has_tls or behind_proxy, is_proxied=behind_proxy)
            config = _configure(app, tls_cert, tls_key, is_proxied=behind_proxy)
            address = _name_address("https" if has_tls else "http", host, listener.getsockname()[1])
            end_streams = app.state.face.feed.close
            _Server(config, lambda: tell_ready(_make_ready(node, app, address)), end_streams).run(sockets=[listener])
    finally:
        node.close()


def _configure(app: Litestar, tls_cert: Path | None, tls_key: Path | None, *, is_proxied: bool) -> uvicorn.Config:
    """Return uvicorn's configuration, with the certificate loaded.

    Raises:
        Refused: `node.bad_tls`.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        http=Connection,
        ws="none",
        timeout_graceful_shutdown=5,
        backlog=BACKLOG,
        proxy_headers=is_proxied,
        forwarded_allow_ips=_PROXIES,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
    )
    try:
        config.load()
    except OSError as error:  # damaged, or not a pair
        raise make_tls_refusal(f"{tls_cert}, {tls_key}: {error}") from error
    return config


def _name_address(scheme: str, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{port}"


def _make_ready(node: Node, app: Litestar, address: str) -> Ready:
    has_console = any(route.path == "/" for route in app.routes)
    return Ready(
        api=address,
        console=f"{address}/" if has_console else None,
        pid=os.getpid(),
        height=node.engine.durable.height,
        chain_id=node.chain.id.hex(),
        simulated=node.chain.is_scenario,
    )


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol's number asyncio leaves Nagle's delay on, which costs 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise Refused("node.cannot_listen", f"{host}:{port}: {error.strerror}") from error
        yield listener


class _Server(uvicorn.Server):
    """Says when it answers, and returns after a signal instead of dying of it, so that the node is closed."""

    def __init__(
        self, config: uvicorn.Config, tell_ready: Callable[[], None], end_streams: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._tell_ready = tell_ready
        self._end_streams = end_streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()  # they would keep the server waiting
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
