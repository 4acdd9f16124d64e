"""The resource monitor: the object whose methods the SDK calls while the program runs (docs/pulumi.md 5.2)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, resource_pb2

from pulumi_comfy.address import UNKNOWN_STRING

from . import wire
from .errors import EngineError, StepFailed, UnsupportedFeature
from .executor import StepExecutor, Stopped
from .generator import Bail, StepGenerator
from .goals import Goal, goal_of
from .provider_process import DYNAMIC
from .providers import Providers
from .results import Diagnostic
from .state import ResourceState
from .urns import PROVIDER_PREFIX, STACK_TYPE, is_provider_type, make_urn, package_of
from .values import Properties

# What this engine does. Whatever is missing here makes the SDK itself refuse, by name, a program that uses it.
FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
)


class MonitorError(grpc.RpcError):
    """What the SDK sees instead of an answer; UNAVAILABLE makes it stop the program."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        """The gRPC status."""
        return self._code

    def details(self) -> str:
        """The message."""
        return self._details


def _unavailable() -> MonitorError:
    return MonitorError(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")


class Monitor:
    """Takes registrations from the program and answers them when their steps are done."""

    def __init__(
        self,
        generator: StepGenerator,
        executor: StepExecutor,
        providers: Providers,
        *,
        info: resource_pb2.DeploymentInfo,
        default_config: Callable[[str], Properties],
        log: Callable[[Diagnostic], None],
        on_outputs: Callable[[str, Properties], None],
        is_allowed: Callable[[ResourceState], bool] | None = None,
    ) -> None:
        self.stack_outputs: Properties | None = None
        self.stack: ResourceState | None = None
        self._generator = generator
        self._executor = executor
        self._providers = providers
        self._info = info
        self._default_config = default_config
        self._log = log
        self._on_outputs = on_outputs
        self._is_allowed = is_allowed
        self._goals: dict[str, Goal] = {}
        self._states: dict[str, ResourceState] = {}
        self._pending_outputs: set[str] = set()
        self._defaults: dict[str, str] = {}
        self._default_lock = threading.RLock()

    def GetDeploymentInfo(self, request: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:  # noqa: ARG002
        """Name, stack, configuration and the features of this engine."""
        self._info.ClearField("supportedFeatures")
        self._info.supportedFeatures.extend(FEATURES)
        return self._info

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        """Bring one resource to its goal and answer with what it is then."""
        with _Guard(self):
            goal = goal_of(request).inherit(self._goals.get(request.parent))
            if goal.custom and not is_provider_type(goal.type) and not goal.provider:
                goal = _with_provider(goal, self._default_provider(package_of(goal.type)))
            state = self._register(goal)
            outputs = state.outputs if goal.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            id="" if state.id == UNKNOWN_STRING else state.id,
            object=wire.encode(outputs, secrets=request.acceptSecrets, resources=request.acceptResources),
            result=resource_pb2.SUCCESS,
        )

    def _register(self, goal: Goal) -> ResourceState:
        with self._generator.lock:
            if self._executor.stopped:
                raise Stopped("the operation stopped")
            try:
                chain, state = self._generator.register(goal)
            except EngineError as error:
                error.urn = make_urn(self._info.stack, self._info.project, goal.parent, goal.type, goal.name)
                raise
            self._goals[state.urn] = goal
            self._ask_policies(goal, state)
        self._executor.run_chain(chain)
        self._states[state.urn] = state
        if not goal.custom:
            self._pending_outputs.add(state.urn)
        if goal.type == STACK_TYPE:
            self.stack = state
        return state

    def _ask_policies(self, goal: Goal, state: ResourceState) -> None:
        """Ask the policies about a resource whose inputs were checked; a preview goes on to find what else is wrong.

        Raises:
            Bail: one of them is mandatory, and this is no preview.
        """
        if self._is_allowed is None or not goal.custom or self._is_allowed(state):
            return
        self._generator.errored = True
        if not self._info.dryRun:
            raise Bail(f"a mandatory policy does not allow {state.urn}")

    @property
    def registered(self) -> list[ResourceState]:
        """Every resource that the program has declared, as it is now."""
        return list(self._states.values())

    def _default_provider(self, package: str) -> str:
        """The reference of a package's default provider, registered on first use (5.8)."""
        with self._default_lock:
            if package not in self._defaults:
                self._providers.spec_of(package)
                goal = Goal(PROVIDER_PREFIX + package, "default", custom=True, inputs=self._default_config(package))
                state = self._register(goal)
                self._defaults[package] = f"{state.urn}::{state.id}"
            return self._defaults[package]

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        """Replace a component's outputs wholly; the stack's are kept for the end."""
        with _Guard(self):
            outputs = wire.decode(request.outputs)
            if self.stack is not None and request.urn == self.stack.urn:
                self.stack_outputs = outputs
            elif request.urn in self._pending_outputs:
                self._pending_outputs.discard(request.urn)
                self._states[request.urn].outputs = outputs
            else:
                raise StepFailed(f"cannot complete a resource '{request.urn}' whose registration isn't pending")
            self._on_outputs(request.urn, outputs)
        return empty_pb2.Empty()

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:
        """Look up an object that somebody else manages (`opts.id`, `StackReference`)."""
        with _Guard(self):
            if request.packageRef:
                raise UnsupportedFeature(f"package references (resource {request.name!r})")
            provider = request.provider or self._default_provider(package_of(request.type))
            state = ResourceState(
                urn=make_urn(self._info.stack, self._info.project, request.parent, request.type, request.name),
                type=request.type,
                custom=True,
                id=request.id,
                inputs=wire.decode(request.properties),
                parent=request.parent,
                provider=provider,
                external=True,
                dependencies=sorted(request.dependencies),
                additional_secret_outputs=list(request.additionalSecretOutputs),
            )
            if not state.id:
                raise StepFailed(f"Expected an ID for {state.urn}")
            with self._generator.lock:
                chain = self._generator.read(state)
            self._executor.run_chain(chain)
            self._states[state.urn] = state
        return resource_pb2.ReadResourceResponse(
            urn=state.urn,
            properties=wire.encode(state.outputs, secrets=request.acceptSecrets, resources=request.acceptResources),
        )

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Any:
        """Builtin functions only (5.5); all others are refused by name."""
        try:
            answer = self._answer(request.tok, wire.decode(request.args))
        except StepFailed as error:
            raise MonitorError(grpc.StatusCode.UNKNOWN, str(error)) from None
        except UnsupportedFeature as refused:
            raise MonitorError(grpc.StatusCode.UNIMPLEMENTED, str(refused)) from None
        # SDKs before 3.27x expect the provider's own message here.
        response = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)()
        getattr(response, "return").CopyFrom(wire.encode(answer, secrets=True, resources=request.acceptResources))
        return response

    def _answer(self, function: str, arguments: Properties) -> Properties:
        if function == "pulumi:pulumi:getResource" and str(arguments.get("urn")) in self._states:
            state = self._states[str(arguments["urn"])]
            return {"urn": state.urn, "id": state.id, "state": state.outputs}
        if function == "pulumi:pulumi:readStackOutputs":
            name = str(arguments.get("name"))
            state = ResourceState(urn="", type="pulumi:pulumi:StackReference", custom=True, id=name)
            state.inputs = {"name": name}
            return self._providers.builtin.read(state).outputs or {}
        if function == "pulumi:pulumi:readStackResourceOutputs":
            own = f"{self._info.organization}/{self._info.project}/{self._info.stack}"
            if arguments.get("stackName") != own:
                raise UnsupportedFeature(f"the resources of another stack than {own!r}")
            return {"name": own, "outputs": self._generator.outputs_before()}
        if package_of(function) == DYNAMIC.package:  # it has no functions, and is registered all the same
            self._default_provider(DYNAMIC.package)
        raise UnsupportedFeature(f"the function {function!r}")

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty) -> empty_pb2.Empty:  # noqa: ARG002
        """Answered at once: deletions come after the program, and delete hooks are refused."""
        return empty_pb2.Empty()

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        """Any other call of the protocol is refused by name."""
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(_: Any) -> Any:
            raise MonitorError(grpc.StatusCode.UNIMPLEMENTED, str(UnsupportedFeature(f"the monitor call {name}")))

        return refuse

    def finalize(self, *, errored: bool) -> None:
        """Store the stack's outputs; after an error old ones that were not registered again stay."""
        if self.stack is not None and self.stack_outputs is not None:
            kept = self.stack.outputs if errored else {}
            self.stack.outputs = {**kept, **self.stack_outputs}

    def fail(self, error: EngineError) -> None:
        """Stop the operation; log the error unless its step or check has done so already."""
        if not error.logged:
            self._log(Diagnostic(error.urn, "error", str(error)))
            self._generator.errored = True
        self._executor.stop()


class _Guard:
    """Turns an engine error inside a monitor call into the UNAVAILABLE that stops the program."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, EngineError):
            self._monitor.fail(error)
            raise _unavailable() from None


def _with_provider(goal: Goal, provider: str) -> Goal:
    return replace(goal, provider=provider)
