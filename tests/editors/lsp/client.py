"""A language client that holds every message of the server against the Language Server Protocol's meta-model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.protocol import default_converter
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, LanguageClient, register_lsp_features
from pytest_lsp.protocol import LanguageClientProtocol
from support.child import DEADLINE, environment
from support.project import Project, program

T = TypeVar("T")

STATUS = "liveline/status"
# Not in the meta-model: the first is Liveline's own, the second a convention of several clients.
CUSTOM = {STATUS, "liveline/history", "liveline/sources", "liveline/source", "experimental/serverStatus"}
META_MODEL = get_converter()


def problem(message: dict, request: str | None) -> str | None:
    """What is wrong with a message of the server; `request` is the method that a response answers."""
    if message.get("jsonrpc") != "2.0":
        return "no `jsonrpc` 2.0"
    method = message.get("method")
    if method in CUSTOM or request in CUSTOM:
        return None
    if method is None and "error" in message:
        return mismatch(message, types.ResponseErrorMessage)
    if request == types.TEXT_DOCUMENT_CODE_ACTION and isinstance(message.get("result"), list):
        return next(filter(None, map(action_problem, message["result"])), None)
    if method is None:
        return mismatch(message, types.METHOD_TO_TYPES[request][1]) if request else "answers no request"
    if method not in types.METHOD_TO_TYPES:
        return f"no such method: {method}"
    if types.message_direction(method) not in ("serverToClient", "both"):
        return f"not the server's to send: {method}"
    return mismatch(message, types.METHOD_TO_TYPES[method][0])


def action_problem(action: dict) -> str | None:
    """lsprotocol takes an action that has a command for a command."""
    return mismatch(action, types.Command if isinstance(action.get("command"), str) else types.CodeAction)


def mismatch(message: dict, type_: type) -> str | None:
    """The meta-model's types take what they know; what they gave back then differs from what they did not know."""
    try:
        understood = META_MODEL.unstructure(META_MODEL.structure(message, type_), unstructure_as=type_)
    except Exception as error:  # cattrs raises groups of whatever its hooks raised
        return f"not a {type_.__name__}: {error!r}"
    given, understood = without_nulls(message), without_nulls(understood)
    return None if given == understood else f"not all of it is in {type_.__name__}: {given} against {understood}"


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [without_nulls(inner) for inner in value] if isinstance(value, (list, tuple)) else value


class Recorder(LanguageClientProtocol):
    """Checks each message before anything else sees it."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.problems: list[str] = []
        self.methods: set[str] = set()
        self.requests: dict[Any, str] = {}

    def structure_message(self, data: dict):
        # Called for every JSON object, from the innermost outwards; pygls handles none without a version.
        if "jsonrpc" not in data:
            return data
        request = None if "method" in data else self.requests.pop(data.get("id"), None)
        self.methods.add(data.get("method", f"answer to {request}"))
        found = problem(data, request)
        if found:
            self.problems.append(f"{found}\n  {data}")
        return super().structure_message(data)

    def _send_data(self, data: Any):
        if getattr(data, "method", None) and getattr(data, "id", None) is not None:
            self.requests[data.id] = data.method
        super()._send_data(data)


class Editor:
    """An editor as the server sees it: opens, edits, saves; waits for what the server publishes."""

    def __init__(self, project: Project):
        self.project = project
        self.client = LanguageClient(converter_factory=default_converter, protocol_cls=Recorder)
        own = types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS
        register_lsp_features(self.client, {name: f for name, f in DEFAULT_CLIENT_FEATURES.items() if name != own})
        self._listen()
        self._versions: dict[str, int] = {}
        self._news = asyncio.Condition()
        self._statuses: list[Any] = []
        self._published: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.server: types.InitializeResult | None = None

    @property
    def problems(self) -> list[str]:
        return self.client.protocol.problems

    async def start(self, capabilities: types.ClientCapabilities) -> None:
        root = self.project.root
        await self.client.start_io(str(program("LIVELINE_BIN")), "lsp", cwd=root, env=environment())
        folder = types.WorkspaceFolder(uri=root.as_uri(), name=root.name)
        parameters = types.InitializeParams(capabilities=capabilities, root_uri=root.as_uri(), workspace_folders=[folder])
        self.server = await self.client.initialize_session(parameters)

    async def stop(self) -> int:
        """Says goodbye in the right order; gives the server's exit status."""
        server = self.client._server
        await self.client.shutdown_session()
        status = await asyncio.wait_for(server.wait(), DEADLINE)
        await self.client.stop()
        return status

    def uri(self, file: str) -> str:
        return (self.project.root / file).as_uri()

    def open(self, file: str) -> None:
        self._versions[file] = 1
        item = types.TextDocumentItem(self.uri(file), "rust", 1, self.project.read(file))
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def replace_line(self, file: str, line: int, text: str) -> None:
        """Changes one line (0-based) incrementally and saves: writes the file, then says so."""
        lines = self.project.read(file).split("\n")
        start, end = types.Position(line, 0), types.Position(line, self.columns(lines[line]))
        self._versions[file] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=self.uri(file), version=self._versions[file]),
                [types.TextDocumentContentChangePartial(range=types.Range(start, end), text=text)],
            )
        )
        lines[line] = text
        self.project.write(file, "\n".join(lines))
        self.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(self.uri(file)))
        )

    def columns(self, text: str) -> int:
        """The length of a text as the negotiated encoding counts."""
        assert self.server is not None
        encoding = self.server.capabilities.position_encoding or types.PositionEncodingKind.Utf16
        width = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
        return len(text.encode(width[0])) // width[1]

    async def diagnostics(self, file: str, pick: Callable[[list[types.Diagnostic]], bool]) -> list[types.Diagnostic]:
        """The first publication for this file, of those not asked for before, that `pick` wants."""

        def found() -> list[types.Diagnostic] | None:
            published = self._published.get(self.uri(file), [])
            while published:
                diagnostics = list(published.pop(0).diagnostics)
                if pick(diagnostics):
                    return diagnostics
            return None

        return await self._wait(f"diagnostics of {file}", found)

    async def status(self, pick: Callable[[Any], T | None]) -> T:
        """The first value that `pick` makes of a status not asked for before."""

        def found() -> T | None:
            while self._statuses:
                value = pick(self._statuses.pop(0))
                if value is not None:
                    return value
            return None

        return await self._wait("a status", found)

    async def command(self, name: str, *arguments: Any) -> Any:
        parameters = types.ExecuteCommandParams(command=name, arguments=list(arguments))
        return await asyncio.wait_for(self.client.workspace_execute_command_async(parameters), DEADLINE)

    async def _wait(self, what: str, found: Callable[[], T | None]) -> T:
        async def first() -> T:
            async with self._news:
                while (value := found()) is None:
                    await self._news.wait()
                return value

        try:
            return await asyncio.wait_for(first(), DEADLINE)
        except TimeoutError:
            log = [message.message for message in self.client.log_messages[-20:]]
            raise AssertionError(f"{what}: not within {DEADLINE:.0f} s; the server's log: {log}") from None

    def _listen(self) -> None:
        """Handlers are plain functions: pygls marks them, which methods do not allow."""

        @self.client.feature(STATUS)
        async def status(parameters: Any) -> None:
            async with self._news:
                self._statuses.append(parameters)
                self._news.notify_all()

        @self.client.feature("experimental/serverStatus")
        def server_status(_parameters: Any) -> None:
            pass

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def diagnostics(parameters: types.PublishDiagnosticsParams) -> None:
            async with self._news:
                self._published.setdefault(parameters.uri, []).append(parameters)
                self._news.notify_all()


def live_generation(library: str) -> Callable[[Any], int | None]:
    """Picks the generation that an attached engine runs, once it runs the newest."""

    def pick(status: Any) -> int | None:
        states = {entry.library: entry for entry in status.libraries}
        running = [getattr(engine.libraries, library, None) for engine in status.engines]
        entry = states.get(library)
        return entry.generation if entry and entry.state == "live" and entry.generation in running else None

    return pick
