"""The providers of one operation: which process answers for which resource (docs/pulumi.md 1.3, 5.8).

A provider resource is registered with its configuration; its process starts when the first resource needs it. Refresh
and destroy register providers from the state, so they run with the configuration stored there, as the engine does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from . import wire
from .engine_service import LogSink
from .errors import StepFailed, UnsupportedFeature
from .provider_client import ProviderClient, Read
from .provider_process import LaunchSpec, ProviderPool
from .state import ResourceState
from .urns import PROVIDER_PREFIX, STACK_REFERENCE_TYPE, split_reference, type_of
from .values import Properties, contains_secrets, contains_unknowns

BUILTIN = "pulumi"
StackReader = Callable[[str], Properties]
"""Stack name (`name`, `project/name` or `organization/project/name`) -> its outputs; raises StepFailed."""


class Builtin:
    """The provider inside the engine; all it serves here is `StackReference` (5.5)."""

    def __init__(self, read_stack: StackReader) -> None:
        self._read_stack = read_stack

    def read(self, state: ResourceState) -> Read:
        """The outputs of another stack of the same test engine."""
        if state.type != STACK_REFERENCE_TYPE:
            raise StepFailed(f"unrecognized resource type '{state.type}'")
        name = str(state.inputs["name"])
        outputs = self._read_stack(name)
        secret = sorted(key for key, value in outputs.items() if contains_secrets(value))
        return Read(state.id, {"name": name, "outputs": outputs, "secretOutputNames": secret})


class Providers:
    """Provider resources and their processes, for one operation."""

    def __init__(
        self,
        pool: ProviderPool,
        specs: Mapping[str, LaunchSpec],
        *,
        cwd: str,
        env: Mapping[str, str],
        sink: LogSink,
        read_stack: StackReader,
    ) -> None:
        self._pool = pool
        self._specs = specs
        self._cwd = cwd
        self._env = env
        self._sink = sink
        self.builtin = Builtin(read_stack)
        self._configs: dict[str, Properties] = {}
        self._clients: dict[str, ProviderClient] = {}
        self._lock = threading.Lock()
        self._cancelled = False

    def spec_of(self, package: str) -> LaunchSpec | None:
        """How to launch a package's provider; None for the builtin one.

        Raises:
            UnsupportedFeature: The package is a native plugin that nobody registered.
        """
        if package == BUILTIN:
            return None
        if package not in self._specs:
            raise UnsupportedFeature(
                f"resources of the package {package!r}",
                "it runs dynamic providers only so far (native provider plugins come later)",
            )
        return self._specs[package]

    def register(self, state: ResourceState) -> None:
        """Remember a provider resource's configuration under its reference.

        Raises:
            UnsupportedFeature: Unknown package, or configuration that only the update will know.
        """
        self.spec_of(type_of(state.urn).removeprefix(PROVIDER_PREFIX))
        if contains_unknowns(state.inputs):
            raise UnsupportedFeature("provider configuration that is unknown in preview")
        with self._lock:
            reference = f"{state.urn}::{state.id}"
            self._configs[reference] = state.inputs
            for alias in state.aliases:
                self._configs[f"{alias}::{state.id}"] = state.inputs

    def is_builtin(self, reference: str) -> bool:
        """Whether a reference names the provider inside the engine."""
        return type_of(split_reference(reference)[0]) == PROVIDER_PREFIX + BUILTIN

    def client(self, reference: str) -> ProviderClient:
        """The configured process behind a reference, started now if need be.

        Raises:
            StepFailed: Nobody registered that provider, or it refused its configuration.
            ProviderStartError: The process did not start.
        """
        with self._lock:
            if reference in self._clients:
                return self._clients[reference]
            if reference not in self._configs:
                raise StepFailed(f"unknown provider '{reference}'")
            config = self._configs[reference]
            urn, id_ = split_reference(reference)
            spec = self.spec_of(type_of(urn).removeprefix(PROVIDER_PREFIX))
            if spec is None:
                raise StepFailed(f"the builtin provider has no process ('{reference}')")
            key = json.dumps(wire.to_json(config), sort_keys=True)
            process, _warm = self._pool.lend(spec, self._cwd, self._env, key)
            process.attach(self._sink)
            client = ProviderClient(process)
            self._clients[reference] = client
            client.configure(config, urn, id_)  # a warm one too: to a provider that remembers, it begins an operation
            if self._cancelled:
                client.cancel()
            return client

    def cancel(self) -> None:
        """Send `Cancel` to every process (first Ctrl-C)."""
        with self._lock:
            self._cancelled = True
            clients = list(self._clients.values())
        for client in clients:
            client.cancel()

    def leave_alone(self) -> None:
        """Hang up on every process (the engine alone was killed)."""
        with self._lock:
            clients = list(self._clients.values())
        for client in clients:
            client.process.leave_alone()

    def kill(self) -> None:
        """SIGKILL every process (second Ctrl-C)."""
        with self._lock:
            clients = list(self._clients.values())
        for client in clients:
            client.process.kill()

    def close(self) -> None:
        """Give all processes back to the pool."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            self._pool.give_back(client.process)
