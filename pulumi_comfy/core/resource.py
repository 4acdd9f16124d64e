"""The resource contract: what one file per resource declares, and nothing more.

The lifecycle (lifecycle.py) does the rest, the same for all: check, diff, scope, takeover, recovery, partial states.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pulumi_comfy.core.call import Call
from pulumi_comfy.core.model import BULK, LOCAL, Json, Model, fields_marked, names_on_the_wire, revive

InputsT = TypeVar("InputsT", bound=Model)
OutputsT = TypeVar("OutputsT", bound=Model)
ClientT = TypeVar("ClientT")
HandedT = TypeVar("HandedT")


@dataclass(frozen=True)
class State(Generic[InputsT, OutputsT]):
    """A resource as the stack holds it: what was declared, and what the platform decided."""

    inputs: InputsT
    outputs: OutputsT


@dataclass(frozen=True)
class Seen(Generic[OutputsT]):
    """A resource as the platform shows it.

    Attributes:
        inputs: the declared fields (snake_case) that the platform tells back, with its values.
        outputs: what the platform decided.
    """

    inputs: Mapping[str, Any]
    outputs: OutputsT


@dataclass(frozen=True)
class Found:
    """An object on the platform that has the natural key of what is to be created.

    Attributes:
        id: the platform's.
        label: what people call it in a sentence.
        is_ours: whether it is just what an interrupted create of this resource leaves, for kinds that bear no name.
        is_as_declared: whether it holds just what is declared, where the id is a place (`id_is_place`).
        is_past: whether it stands in nobody's way, and only `insert` is to know of it: a key that is to be revoked, a
            download that has ended.
    """

    id: str
    label: str
    is_ours: bool = False
    is_as_declared: bool = False
    is_past: bool = False


@dataclass(frozen=True)
class Inserted(Generic[HandedT]):
    """What `insert` made.

    Attributes:
        id: the platform's.
        handed: what `complete` needs beside the id. None for kinds that need nothing more, and for an object whose
            answer was lost and which was found again.
    """

    id: str
    handed: HandedT | None = None


@dataclass(frozen=True)
class Timeouts:
    """Longest duration of each operation in seconds, unless the program's `custom_timeouts` say otherwise."""

    create: float = 300
    update: float = 300
    delete: float = 300


class Handler(ABC, Generic[InputsT, OutputsT, ClientT]):
    """One kind of resource on one platform. Stateless: everything comes with the call."""

    token: ClassVar[str]
    """`<platform>:<Resource>`, the end of every type token."""
    label: ClassVar[str]
    """What people call it in a sentence, e.g. `serverless machine`."""
    inputs_model: ClassVar[type[Model]]
    outputs_model: ClassVar[type[Model]]
    timeouts: ClassVar[Timeouts] = Timeouts()
    reuses_equal: ClassVar[bool] = False
    """Whether an object that `find` gives is as good as a new one: it never changes and is never removed."""
    admits_one: ClassVar[bool] = False
    """Whether the platform has room for one object of a natural key only: a new one cannot be made beside the old."""
    id_is_place: ClassVar[bool] = False
    """Whether an id says where an object is: once this one is gone, somebody else's may bear it."""
    set_after_insert: ClassVar[Set[str]] = frozenset()
    """Fields (snake_case) that `complete` sets, so that an object whose create was broken off lacks them."""
    foresees: ClassVar[bool] = False
    """Whether `foresee` is asked; a kind that says yes pays for it with calls in each preview of a change."""
    is_listed: ClassVar[bool] = True
    """Whether `find` and `read` can tell that there is none."""
    is_name_unique_to_us: ClassVar[bool] = True
    """Whether an automatic name on the platform proves that this very resource made the object."""

    @abstractmethod
    async def find(self, inputs: InputsT, call: Call[ClientT]) -> list[Found]:
        """Give every live object with the natural key of `inputs`, and what else `insert` is to know."""

    @abstractmethod
    async def insert(self, inputs: InputsT, found: Sequence[Found], call: Call[ClientT]) -> Inserted[Any]:
        """Make the object with one write; `found` is what `find` has just given.

        What was made is found again through `find` where the answer is lost.
        """

    @abstractmethod
    async def complete(self, made: Inserted[Any], inputs: InputsT, call: Call[ClientT]) -> State[InputsT, OutputsT]:
        """Do the rest of a create: settings, links, waits, the check; the last step is a read.

        When it fails, the state keeps the id, unless the error is an `UndoneError`.
        """

    @abstractmethod
    async def read(self, object_id: str, prior: State[InputsT, OutputsT], call: Call[ClientT]) -> Seen[OutputsT] | None:
        """Look at the object; None when it is gone, in the platform's own spelling of gone."""

    @abstractmethod
    async def update(
        self,
        object_id: str,
        prior: State[InputsT, OutputsT],
        inputs: InputsT,
        changed: Set[str],
        call: Call[ClientT],
    ) -> State[InputsT, OutputsT]:
        """Bring the object to `inputs`; `changed` names the fields (snake_case) that differ from `prior`."""

    @abstractmethod
    async def delete(self, object_id: str, prior: State[InputsT, OutputsT], call: Call[ClientT]) -> None:
        """Remove the object; one that is gone already is a success."""

    # What follows has a default that fits most resources.

    def begun(self, inputs: InputsT) -> OutputsT:  # noqa: ARG002
        """Give the outputs as far as they are known once `insert` has succeeded; those of a later step are None."""
        blank: OutputsT = revive(self.outputs_model, {})
        return blank

    def normalise(self, inputs: InputsT, call: Call[ClientT]) -> InputsT:  # noqa: ARG002
        """Finish the checked inputs deterministically. Unknown values may stand in any field.

        Raises:
            InputError: with a sentence for people.
        """
        return inputs

    async def foresee(self, inputs: InputsT, call: Call[ClientT]) -> None:
        """Refuse in a preview already what only the platform can tell to be wrong; writes nothing.

        Asked only of a resource whose inputs are new or changed. Unknown values may stand in any field.

        Raises:
            InputError: names the property.
        """

    def canonical(self, inputs: InputsT, outputs: OutputsT | None) -> dict[str, Json]:  # noqa: ARG002
        """Give the comparable form of each field that counts for diff (snake_case).

        `outputs` is there for the stored side: bulk fields are compared by the digest it holds.
        """
        wire = inputs.to_wire()
        model = type(inputs)
        skipped = fields_marked(model, LOCAL) | fields_marked(model, BULK)
        return {name: wire.get(key) for name, key in names_on_the_wire(model) if name not in skipped}

    def replaces(self, prior: State[InputsT, OutputsT], inputs: InputsT, changed: Set[str]) -> Set[str]:  # noqa: ARG002
        """Give further changed fields that replace the resource, beside those marked so."""
        return frozenset()

    def deletes_before_replace(self, prior: State[InputsT, OutputsT], inputs: InputsT) -> bool:  # noqa: ARG002
        """Tell whether a replacement must remove the old object first."""
        return False

    def refuse(self, prior: State[InputsT, OutputsT], inputs: InputsT, changed: Set[str]) -> None:
        """Refuse a change that the platform cannot make, before anything is tried.

        Raises:
            InputError: with what to do instead.
        """

    def repair(self, prior: State[InputsT, OutputsT], inputs: InputsT) -> str | None:  # noqa: ARG002
        """Say why an update is needed although no input changed (a failed build, a failed check); None if none is."""
        return None

    def unchecked(self, prior: State[InputsT, OutputsT], inputs: InputsT) -> str | None:  # noqa: ARG002
        """Say why an inference check is due although no input changed; asked only while checks are on."""
        return None

    def trace(self, inputs: InputsT) -> str:  # noqa: ARG002
        """Give what tells, of an object that bears no name, that a create of these inputs left it; "" where one does.

        It is noted before the write, so that what a kill left is known when the program is another (`is_begun_by_us`).
        """
        return ""

    def natural_key(self, inputs: InputsT) -> str | None:
        """Give what `find` looks for, as text: creates of the same do not run at once. None: nothing is."""
        name = getattr(inputs, "name", None)
        return None if name is None else str(name)

    def explain(self, old_inputs: Mapping[str, Json], inputs: InputsT, changed: Set[str]) -> list[str]:  # noqa: ARG002
        """Say in words a person uses what changed, for fields whose diff says little."""
        return []
