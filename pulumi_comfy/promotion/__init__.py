"""Promotion: a version that has rendered moves from one stack to the next, and back, with the reasons kept.

What decides is plain code over exported states and reads nothing else: `pins` (what moves), `gate` (whether the source
has proved it), `compat` (whether callers still fit), `words`, `plan`, `records` (what happened, what is marked bad) and
`settings_file` (where a pin is written).

What deploys is `promote` and `rollback`, which both `drive` a claim to its end by `sight` of the stacks; `stacks` asks
the user's own `pulumi`, `journal` keeps the history beside the stacks, `claims` writes into it what begins and how it
ended, `holder` knows who is at work, `history` and `summary` tell of it.
"""
