"""The base of every resource class: tokens, the constant provider, secrets and configuration, on the program's side."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import pulumi

from pulumi_comfy.address import FACTS, PROVIDER, SECRETS, provider_text, type_tokens
from pulumi_comfy.sdk import _quiet, _secrecy
from pulumi_comfy.sdk._credentials import refuse_clear_credentials
from pulumi_comfy.sdk._documents import document_input
from pulumi_comfy.sdk._facts import facts_for
from pulumi_comfy.sdk._values import faithful_properties

_quiet.install()


class ComfyResource(pulumi.CustomResource):
    """A resource of this package. Instances come from its subclasses.

    Args:
        token: `<platform>:<Resource>`.
        resource_name: the logical name, unique in the program among resources of the type.
        props: the inputs by their Python names, and each output as None.
        opts: Pulumi's own resource options.
        secrets: Python names of inputs and outputs that are never shown.
        documents: Python names of inputs that hold a JSON document: a dict, JSON text or a path.
        unset: Python names of inputs without a default: where they are not given they are None, also in a preview, in
            which Pulumi takes what the provider does not tell for unknown.
    """

    def __init__(
        self,
        token: str,
        resource_name: str,
        props: dict[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        secrets: Sequence[str] = (),
        documents: Sequence[str] = (),
        unset: Sequence[str] = (),
    ) -> None:
        _refuse_senseless_options(resource_name, opts)
        refuse_clear_credentials(props.get("connection"))
        sent = copy.copy(props)  # keeps its class, which tells the SDK the wire names: user's own keys stay as they are
        whose = f'{token.partition(":")[2]} "{resource_name}"'
        sent.update(faithful_properties(props, whose, documents))
        for name in documents:
            if sent.get(name) is not None:
                sent[name] = document_input(sent[name], f"{whose}, {name}")
        sent[SECRETS] = _secrecy.secret_places(sent)
        for name in secrets:
            if sent.get(name) is not None:
                sent[name] = pulumi.Output.secret(sent[name])
        sent[PROVIDER] = provider_text(token)
        if opts is None or opts.id is None:  # else it is looked up, and made by nobody
            sent[FACTS] = facts_for(token, resource_name)
        absent = [name for name in unset if props.get(name) is None]
        for name in absent:
            del sent[name]
        shown, former = type_tokens(token)
        ours = pulumi.ResourceOptions(
            additional_secret_outputs=list(secrets),
            aliases=[pulumi.Alias(type_=former)],
            # `--diff` prints both documents whole; our own lines say what changed in them.
            hide_diffs=[_secrecy.on_the_wire(name) for name in documents],
        )
        super().__init__(shown, resource_name, sent, pulumi.ResourceOptions.merge(opts, ours))
        self.__dict__.update({name: pulumi.Output.from_input(None) for name in absent})


def _refuse_senseless_options(resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Stop the program at an option that cannot work here; Pulumi would fail later, or do nothing."""
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(
            f"{resource_name}: what follows the name is `pulumi.ResourceOptions(...)`, not a {type(opts).__name__}; "
            "give inputs by their names. [COMFY1001]"
        )
    if opts.import_ is not None:
        raise pulumi.RunError(
            f"{resource_name}: `import_` does not work with this kind of resource; "
            f"write `adopt={opts.import_!r}` instead"
        )
    for name in ("version", "plugin_download_url"):
        if getattr(opts, name) is not None:
            raise pulumi.RunError(
                f"{resource_name}: `{name}` says which plugin to use, and this kind of resource has none; take it out, "
                "and pin pulumi-comfy itself where the project lists its packages"
            )
