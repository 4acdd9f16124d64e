"""Every error this package raises: a stable code, what it means and what to do. Codes are never reused.

1xxx: what the program or the configuration says is wrong (nothing was sent).
2xxx: the platform could not be asked, or answered with a failure.
3xxx: the platform did what it was asked, and the result is not what was declared.
4xxx: an existing object stands in the way, or belongs to somebody else.
5xxx: a promotion between stacks that may not be, or did not come about.
9xxx: a fault of this package.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorCode:
    """One row of the registry."""

    code: str
    meaning: str
    hint: str


_ROWS = (
    ErrorCode("COMFY1001", "An input is not valid.", "Correct the named property."),
    ErrorCode(
        "COMFY1101",
        "No credential is configured for the platform.",
        "Set the platform's environment variable, or run `pulumi config set --secret` with the key it names.",
    ),
    ErrorCode(
        "COMFY1102",
        "A credential is stored in clear in the stack's configuration.",
        "Run the same `pulumi config set` again with `--secret`, and rotate the key: it is in the file's history.",
    ),
    ErrorCode(
        "COMFY1103",
        "The credential is not a key of this platform.",
        "Copy the key again from the platform's API keys page.",
    ),
    ErrorCode("COMFY1104", "A configuration value is not valid.", "Correct the named configuration key."),
    ErrorCode(
        "COMFY1105",
        "A resource is not given the pin that its stack holds for it.",
        'Give it what is promoted by `**comfy.pinned("<its name>", ...)` alone.',
    ),
    ErrorCode(
        "COMFY1201",
        "A workflow document cannot be used.",
        "Export it again from the ComfyUI editor (Workflow > Export, and Workflow > Export (API) for the prompt).",
    ),
    ErrorCode(
        "COMFY1202",
        "A run input or a node of the inference check does not fit the workflow.",
        "Use the names, types and node ids of the workflow that is checked.",
    ),
    ErrorCode(
        "COMFY2001",
        "The platform could not be reached.",
        "Check the URL, the network and the platform's status page, then try again.",
    ),
    ErrorCode("COMFY2002", "The platform did not answer in time.", "Try again."),
    ErrorCode(
        "COMFY2003",
        "The platform answered with something that is not what its API promises.",
        "Check that the URL is that of the platform's API; if it is, try again later.",
    ),
    ErrorCode("COMFY2400", "The platform refused the request.", "Correct what it names."),
    ErrorCode(
        "COMFY2401",
        "The platform does not accept the key.",
        "Check that the key is current and not revoked; `destroy` and `refresh` use the one that the last `up` stored, "
        "unless the environment holds one.",
    ),
    ErrorCode("COMFY2402", "The account has no credit left for this.", "Add credit to the account, then try again."),
    ErrorCode(
        "COMFY2403",
        "The key or the account's plan does not allow this.",
        "Use a key with the needed rights, or raise the plan's limit.",
    ),
    ErrorCode(
        "COMFY2404",
        "The object does not exist for this key.",
        "Check the id and the account of the key; `pulumi refresh` finds what is gone.",
    ),
    ErrorCode(
        "COMFY2405",
        "The server has no way to do this over its API.",
        "Do it in the server's web UI, and name what you made with `existing_id`.",
    ),
    ErrorCode("COMFY2409", "Something still uses the object.", "Remove what uses it first."),
    ErrorCode("COMFY2429", "The platform asks to slow down for longer than we wait.", "Try again after that time."),
    ErrorCode("COMFY2500", "The platform failed.", "Try again; if it persists, ask the platform's support."),
    ErrorCode(
        "COMFY2501",
        "The answer to a write was lost, and what it did could not be found out.",
        "Look on the platform, then try again, with `adopt=` for an object that was made.",
    ),
    ErrorCode(
        "COMFY3001", "A machine's build failed.", "Read the last log lines, correct the machine, run `pulumi up`."
    ),
    ErrorCode(
        "COMFY3002",
        "A wait passed its deadline.",
        "Raise it with `custom_timeouts`; the object is in the state, and the next run goes on with it.",
    ),
    ErrorCode(
        "COMFY3003",
        "The operation was cancelled.",
        "What was made is in the state; the next `pulumi up` goes on with it.",
    ),
    ErrorCode(
        "COMFY3004",
        "The `pulumi` command that asked for it is gone.",
        "Run `pulumi up` again, after `pulumi cancel` where the stack is locked.",
    ),
    ErrorCode(
        "COMFY3101",
        "The inference check failed: the deployment does not render what it should.",
        "Read the run's last log lines, correct the workflow or the machine, run `pulumi up`.",
    ),
    ErrorCode(
        "COMFY3201",
        "A model file did not arrive as declared.",
        "Check the source and the declared size; the next `pulumi up` downloads it again.",
    ),
    ErrorCode(
        "COMFY4001", "An object that this stack does not own stands in the way.", "Adopt it, rename, or remove it."
    ),
    ErrorCode(
        "COMFY4002",
        "The key in use belongs to another account than the resource.",
        "Use the key of the account that owns the resource; nothing was changed.",
    ),
    ErrorCode("COMFY4003", "`adopt` cannot be followed here.", "Read the sentence before this one."),
    ErrorCode(
        "COMFY4004",
        "A replacement would need room for two objects where the platform has room for one.",
        "Give the resource `ResourceOptions(delete_before_replace=True)`, which removes the old one first, or take "
        "back what forces the replacement (`--replace`, `pulumi state untaint`).",
    ),
    ErrorCode(
        "COMFY4005",
        "Somebody changed the object since the state last saw it.",
        "Run `pulumi refresh` and look at the difference; the next `pulumi up` then writes over it.",
    ),
    ErrorCode(
        "COMFY4006",
        "What is published cannot be taken back.",
        "Set `keep_on_destroy=True` and run `pulumi up` first, where it may stay public; nothing was changed.",
    ),
    ErrorCode(
        "COMFY5001",
        "No proof holds for what is to be promoted.",
        "Run `pulumi up` in the source stack with its inference check, then try again.",
    ),
    ErrorCode(
        "COMFY5002",
        "The proof of what is to be promoted is too old.",
        "Run the source's inference check again, e.g. with another value in its `triggers`, or raise `--max-age`.",
    ),
    ErrorCode(
        "COMFY5003",
        "What is to be promoted has failed its inference check since.",
        "Find out why, mend it in the source stack, and promote what passes.",
    ),
    ErrorCode(
        "COMFY5004",
        "Callers of the target would break: its run inputs change.",
        'Keep the inputs that callers use, or say why it may be with `--allow-breaking "reason"`.',
    ),
    ErrorCode(
        "COMFY5005",
        "What is to be promoted is marked bad.",
        "Promote another version; where the mark no longer holds, take it back with `pulumi-comfy unmark`.",
    ),
    ErrorCode(
        "COMFY5006",
        "The two stacks do not fit together.",
        "Correct the programs or the names that the message tells.",
    ),
    ErrorCode(
        "COMFY5007",
        "The platform no longer has what is to be deployed.",
        "Choose a version that it has, or save the old one again.",
    ),
    ErrorCode(
        "COMFY5008",
        "The pins in a stack's settings file cannot be read, or not be written without a change of something else.",
        "Write them by hand once, as plain YAML.",
    ),
    ErrorCode(
        "COMFY5009",
        "There is nothing proved to go back to.",
        "Promote a version that has passed.",
    ),
    ErrorCode(
        "COMFY5101",
        "Another command works on the stack.",
        "Wait for it to end; `pulumi-comfy history` says who promotes. Where it was killed, run `pulumi cancel`.",
    ),
    ErrorCode(
        "COMFY5102",
        "The stack could not be deployed.",
        "Correct what it names; `pulumi-comfy history` says what the stack serves.",
    ),
    ErrorCode(
        "COMFY5103",
        "A promotion failed, and the stack could not be put back as it was.",
        "Run the same command again once the cause is gone: it first puts the stack back.",
    ),
    ErrorCode(
        "COMFY5104",
        "The stack's settings file does not pin what the stack serves.",
        "Pull the newest commit of the file, or run `pulumi up` where it is the file that is right.",
    ),
    ErrorCode("COMFY5105", "The `pulumi` command could not do what it was asked.", "Correct what it names."),
    ErrorCode(
        "COMFY5106",
        "No bad pin has this digest.",
        "Copy it from `pulumi-comfy history`: six digits or more that only one bad pin begins with.",
    ),
    ErrorCode("COMFY9001", "A fault of pulumi_comfy.", "Please report it with the output of `pulumi-comfy doctor`."),
)

REGISTRY: dict[str, ErrorCode] = {row.code: row for row in _ROWS}
"""All codes, in order. `docs/errors.md` has an anchor for each, and tests check both directions."""
