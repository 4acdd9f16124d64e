"""From a registration request to a goal: what the program wants one resource to be (docs/pulumi.md 5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pulumi.runtime.proto import alias_pb2, resource_pb2

from . import wire
from .errors import StepFailed, UnsupportedFeature
from .provider_process import DYNAMIC
from .state import ResourceState
from .urns import package_of
from .values import Properties

_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class AliasSpec:
    """A former identity: a whole URN, or the parts that were different."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True)
class Goal:
    """What the program declared. None means that an option was not given and may be inherited."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    delete_before_replace: bool | None = None
    import_id: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[AliasSpec, ...] = ()
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)

    def inherit(self, parent: Goal | None) -> Goal:
        """The goal with what the engine passes on from a parent: protect, retainOnDelete, deletedWith."""
        if parent is None:
            return self
        return replace(
            self,
            protect=parent.protect if self.protect is None else self.protect,
            retain_on_delete=parent.retain_on_delete if self.retain_on_delete is None else self.retain_on_delete,
            deleted_with=self.deleted_with or parent.deleted_with,
        )

    def new_state(self, urn: str, old: ResourceState | None, alias: str) -> ResourceState:
        """The record that the steps of this registration build up."""
        return ResourceState(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=self.inputs,
            parent=self.parent,
            provider=self.provider,
            dependencies=list(self.dependencies),
            property_dependencies=dict(self.property_dependencies),
            protect=bool(self.protect),
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            import_id=self.import_id,
            additional_secret_outputs=list(self.additional_secret_outputs),
            aliases=[alias] if alias else [],
            ignore_changes=list(self.ignore_changes),
            replace_on_changes=list(self.replace_on_changes),
            custom_timeouts=dict(self.custom_timeouts),
            created=old.created if old else "",
            modified=old.modified if old else "",
        )


def duration_seconds(text: str) -> float:
    """A Go duration such as `7m` or `1h30m` in seconds.

    Raises:
        StepFailed: The text is no duration.
    """
    parts = _DURATION_PART.findall(text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise StepFailed(f'unable to parse customTimeout Value {text}: time: invalid duration "{text}"')
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def _alias(alias: alias_pb2.Alias) -> AliasSpec:
    if alias.urn:
        return AliasSpec(urn=alias.urn)
    spec = alias.spec
    return AliasSpec(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


def refuse_unsupported(request: resource_pb2.RegisterResourceRequest) -> None:
    """Refuse by name what this engine does not do.

    Raises:
        UnsupportedFeature: A remote component, package reference, transform, hook or option beyond this engine.
    """
    hooks = request.hooks
    is_dynamic = package_of(request.type) == DYNAMIC.package
    refused = {
        "remote components": request.remote,
        "package references (parameterised packages)": bool(request.packageRef),
        "transforms": bool(request.transforms),
        "resource hooks": bool(hooks.ListFields()),
        "the `replace_with` option": bool(request.replace_with),
        "the `replacement_trigger` option": request.HasField("replacement_trigger"),
        "the `env_var_mappings` option": bool(request.envVarMappings),
        "state migrations": bool(request.state_migrations),
        "the `version` option of dynamic resources": is_dynamic and bool(request.version),
        "the `plugin_download_url` option of dynamic resources": is_dynamic and bool(request.pluginDownloadURL),
    }
    for feature, used in refused.items():
        if used:
            raise UnsupportedFeature(f"{feature} (resource {request.name!r} of type {request.type!r})")


def goal_of(request: resource_pb2.RegisterResourceRequest) -> Goal:
    """The goal that a `RegisterResource` request expresses.

    Raises:
        UnsupportedFeature: See `refuse_unsupported`.
        StepFailed: A custom timeout is not a duration.
    """
    refuse_unsupported(request)
    inputs = wire.decode(request.object)
    dependencies = tuple(sorted(request.dependencies))
    property_dependencies = {key: sorted(entry.urns) for key, entry in request.propertyDependencies.items()}
    if not property_dependencies:
        property_dependencies = {key: list(dependencies) for key in inputs}
    timeouts = {name: getattr(request.customTimeouts, name, "") for name in ("create", "update", "delete", "read")}
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        provider=request.provider,
        dependencies=dependencies,
        property_dependencies=property_dependencies,
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        delete_before_replace=(
            request.deleteBeforeReplace if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace else None
        ),
        import_id=request.importId,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=(*(AliasSpec(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)),
        custom_timeouts={name: duration_seconds(text) for name, text in timeouts.items() if text},
    )
