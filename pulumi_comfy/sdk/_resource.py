"""The base of every resource class: tokens, the constant provider, secrets and configuration, on the program's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from pulumi_comfy.address import FACTS, LOOKUP, PROVIDER, SECRETS, provider_text, type_tokens
from pulumi_comfy.sdk import _quiet, _secrecy, _transforms
from pulumi_comfy.sdk._arguments import (
    SENSELESS,
    a_kind_of,
    fields_of,
    on_the_wire,
    refuse_missing,
    refuse_no_name,
    refuse_unknown,
)
from pulumi_comfy.sdk._credentials import refuse_clear_credentials
from pulumi_comfy.sdk._declaration import Declaration, declare
from pulumi_comfy.sdk._documents import document_input
from pulumi_comfy.sdk._facts import facts_for
from pulumi_comfy.sdk._values import faithful_properties
from pulumi_comfy.sdk.pins import held_to_pin

if TYPE_CHECKING:
    from typing_extensions import Self

_quiet.install()
_transforms.install()


class ComfyResource(pulumi.CustomResource):
    """A resource of this package. Instances come from its subclasses, which only declare.

    A subclass annotates its outputs; its constructor names the inputs and hands its own `locals()` on. Given a token,
    it takes the secret and the document arguments beside it (see `Declaration`); a program's own subclass gives none,
    and stays what it inherits.
    """

    _declaration: ClassVar[Declaration]
    _of_the_program: Sequence[pulumi.ResourceTransformation] = ()

    def __init_subclass__(
        cls, *, token: str | None = None, secrets: Sequence[str] = (), documents: Sequence[str] = (), **others: Any
    ) -> None:
        super().__init_subclass__(**others)
        if token is not None:
            cls._declaration = declare(cls, token, secrets, documents)
            cls.__init__ = _in_words(cls.__init__, cls._declaration)  # type: ignore[method-assign]

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None, given: Mapping[str, Any]) -> None:
        _register(self, resource_name, opts, given)

    @property
    def _transformations(self) -> list[pulumi.ResourceTransformation]:
        """What the SDK runs over the properties: the program's transformations, and ours after the last of them.

        Should the SDK no longer ask for them here, secrets that a transformation brings are masked no more.
        """
        return [*self._of_the_program, self._prepared_again] if self._of_the_program else []

    @_transformations.setter
    def _transformations(self, given: Sequence[pulumi.ResourceTransformation]) -> None:
        self._of_the_program = given

    def _prepared_again(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """Prepare what a transformation has put among the properties like what the constructor was given."""
        if args.resource is not self:  # a child of this one
            return None
        kind = self._declaration
        hidden = {name: value for name, value in args.props.items() if name in (PROVIDER, FACTS, LOOKUP)}
        props = kind.props({name: value for name, value in args.props.items() if not name.startswith("__")})
        _prepare(props, f'{kind.name} "{args.name}"', kind)
        return pulumi.ResourceTransformationResult({**props, **hidden}, args.opts)

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Self:
        """Read an object that this stack does not manage.

        Args:
            resource_name (str): The logical name.
            id (str): The platform's id of the object.
            opts (pulumi.ResourceOptions, optional): Pulumi's own options.
        """
        refuse_no_name(cls._declaration.name, (resource_name,))
        _refuse_senseless_options(resource_name, opts)
        found = cls.__new__(cls)
        _register(found, resource_name, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)), {})
        return found


def _in_words(constructor: Callable[..., None], kind: Declaration) -> Callable[..., None]:
    """Give a constructor that says in a sentence which argument is wrong, or is missing. Its signature stays."""

    @wraps(constructor)
    def construct(resource: ComfyResource, resource_name: Any = ..., *positional: Any, **given: Any) -> None:
        refuse_no_name(kind.name, () if resource_name is ... else (resource_name,))
        whose = f'{kind.name} "{resource_name}"'
        for opts in positional or (given.get("opts"),):
            _refuse_senseless_options(resource_name, opts)
        refuse_unknown(whose, [name for name in given if name != "opts"], kind.inputs, takes_options=True)
        refuse_missing(whose, given, kind.required)
        constructor(resource, resource_name, *positional, **given)

    return construct


def _register(
    resource: ComfyResource, resource_name: str, opts: pulumi.ResourceOptions | None, given: Mapping[str, Any]
) -> None:
    """Tell the engine of a resource: one to be made, or with an id in its options one to be looked up."""
    refuse_clear_credentials(given.get("connection"))
    kind = resource._declaration
    is_made = opts is None or opts.id is None
    whose = f'{kind.name} "{resource_name}"'
    if opts is not None and opts.replace_on_changes:
        pulumi.log.warn(
            f"{whose}: `replace_on_changes` does nothing here: Pulumi is told that the resource changed, not where. "
            "`pulumi up --replace <urn>` replaces it"
        )
    sent = kind.props({name: given.get(name) for name in fields_of(kind.props)})
    if is_made:
        sent.update(held_to_pin(kind.token, resource_name, given))
    _prepare(sent, whose, kind)
    sent[PROVIDER] = provider_text(kind.token)
    if is_made:
        sent[FACTS] = facts_for(kind.token, resource_name, opts.parent if opts else None)
    else:
        sent[LOOKUP] = True
    absent = [name for name in kind.unset if is_made and given[name] is None]
    for name in absent:
        del sent[name]
    shown, former = type_tokens(kind.token)
    ours = pulumi.ResourceOptions(
        additional_secret_outputs=[name for name in kind.secrets if "." not in name],
        aliases=[pulumi.Alias(type_=former)],
        # `--diff` prints both documents whole; our own lines say what changed in them.
        hide_diffs=[on_the_wire(name) for name in kind.documents],
    )
    pulumi.CustomResource.__init__(resource, shown, resource_name, sent, pulumi.ResourceOptions.merge(opts, ours))
    resource.__dict__.update({name: pulumi.Output.from_input(None) for name in absent})


def _prepare(sent: dict[str, Any], whose: str, kind: Declaration) -> None:
    """Make properties such that they arrive as written, with documents as text, and tell where secrets are.

    Doing it twice is the same as once.
    """
    sent.update(faithful_properties(sent, whose, kind.documents))
    for name in kind.documents:
        if sent.get(name) is not None:
            sent[name] = document_input(sent[name], f"{whose}, {name}")
    sent[SECRETS] = _secrecy.secret_places(sent)
    for place in kind.secrets:
        name, *inside = place.split(".")
        if sent.get(name) is not None:
            sent[name] = _secrecy.hidden(sent[name], inside)


def _refuse_senseless_options(resource_name: str, opts: object) -> None:
    """Stop the program at an option that cannot work here; Pulumi would fail later, or do nothing."""
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(
            f"{resource_name}: what follows the name is `pulumi.ResourceOptions(...)`, not {a_kind_of(opts)}; give "
            "inputs by their names. [COMFY1001]"
        )
    if opts.import_ is not None:
        raise pulumi.RunError(
            f"{resource_name}: `import_` does not work with this kind of resource; "
            f"write `adopt={opts.import_!r}` instead"
        )
    for name in SENSELESS:  # `import_` is refused above
        if getattr(opts, name) is not None:
            raise pulumi.RunError(
                f"{resource_name}: `{name}` says which plugin to use, and this kind of resource has none; take it out, "
                "and pin pulumi-comfy itself where the project lists its packages"
            )
