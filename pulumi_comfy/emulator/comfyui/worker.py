"""The queue of a ComfyUI, the one worker that empties it, and the history: in memory, and gone with a restart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pulumi_comfy.emulator.clock import Scheduler
from pulumi_comfy.emulator.comfyui.evaluate import Output, picture_at
from pulumi_comfy.emulator.comfyui.execution import DanglingLinkError, needed, order, signatures
from pulumi_comfy.emulator.comfyui.failures import NodeFailure, node_failure, told_failure
from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.emulator.comfyui.jobs import Job, Status
from pulumi_comfy.emulator.comfyui.outputs import outputs_of
from pulumi_comfy.emulator.comfyui.saving import Saving

_LONGEST_HISTORY = 10_000


class Worker:
    """Does one prompt after the other.

    Args:
        state: The ComfyUI that it works with.
        scheduler: Whose time it works in.
        run_limit: After how many seconds a prompt is cut off; None is never.
        listener: Hears each message of a job after it was said.
    """

    def __init__(
        self,
        state: Installation,
        scheduler: Scheduler,
        run_limit: Callable[[], float | None] = lambda: None,
        listener: Callable[[Job, str], None] = lambda *_: None,
    ) -> None:
        self._state = state
        self._listener = listener
        self._run_limit = run_limit
        self._scheduler = scheduler
        self._saving = Saving(state)
        self.pending: list[Job] = []
        self.running: Job | None = None
        self.history: dict[str, Job] = {}
        # What was taken out of the queue, which ComfyUI itself forgets.
        self.dropped: list[Job] = []
        # What a job of odd content does to it; the queue only grows from then on.
        self.is_dead = False
        # By signature: which node of the last prompt did it, and what it showed.
        self._results: dict[str, tuple[str, dict[str, Any] | None]] = {}
        self._known: dict[str, str] = {}

    @property
    def queue(self) -> list[Job]:
        """Those that wait, in the order in which they get their turn."""
        return sorted(self.pending, key=lambda job: job.number)

    def find(self, job_id: str) -> Job | None:
        """A job, wherever it is."""
        waiting = [*self.pending, *([self.running] if self.running else ())]
        return next((job for job in waiting if job.id == job_id), self.history.get(job_id))

    def submit(self, job: Job) -> None:
        """Queue a prompt."""
        self.pending.append(job)
        self._take_next()

    def drop(self, job_ids: list[str] | None) -> None:
        """Forget waiting prompts, all of them without ids: they leave no trace."""
        for job in self.pending:
            if job_ids is None or job.id in job_ids:
                job.status = "cancelled"
                self.dropped.append(job)
        self.pending = [job for job in self.pending if job_ids is not None and job.id not in job_ids]

    def interrupt(self, job_id: str | None = None) -> bool:
        """Stop what runs, if it is this one; whether it was."""
        job = self.running
        if job is None or job_id not in (None, job.id):
            return False
        if not self.is_dead:
            self._after(job, self._state.settings.interrupt_seconds, partial(self._interrupted, job))
        return True

    def put_back(self, job: Job) -> None:
        """Take a job from a dump: what was at work there is so for ever."""
        if job.status == "pending":
            self.pending.append(job)
        elif job.status == "in_progress":
            self.running = job
        else:
            self.history[job.id] = job

    def restart(self) -> None:
        """What a new process has: files, and nothing of queue, history or results."""
        self._scheduler.clear()
        self.pending.clear()
        self.history.clear()
        self.dropped.clear()
        self._results.clear()
        self.running, self.is_dead = None, False
        self._saving.restart()

    def _after(self, job: Job, seconds: float, action: Any) -> None:
        """Do it then, at once without a wait, unless the job has ended by then."""
        if not seconds:
            action()
            return
        self._scheduler.after(seconds, lambda: action() if self.running is job else None)

    def _take_next(self) -> None:
        if self.running is not None or not self.pending:
            return
        job = self.running = self.queue[0]
        self.pending.remove(job)
        now = self._state.world.clock.now()
        job.status, job.started_at = "in_progress", now
        try:
            wanted = needed(job.graph, job.outputs_to_execute)
        except DanglingLinkError:
            wanted = []
        if not isinstance(job.extra_data, dict) or not wanted:
            self.is_dead = True
            return
        self._saving.begin(job.graph)
        steps = order(job.graph, wanted, self._state.classes())
        self._known = signatures(job.graph, steps, self._state.folders.digest)
        kept = self._results if self._state.settings.keeps_results else {}
        self._results = {key: found for key, found in kept.items() if key in self._known.values()}
        done = [one for one in steps if self._known[one] in self._results]
        job.steps = [one for one in steps if one not in done]
        self._say(job, "execution_start")
        self._say(job, "execution_cached", nodes=done)
        if not self._state.settings.is_newer:
            self._show_again(job, done)
        limit = self._run_limit()
        if limit is not None:
            self._after(job, limit, partial(self._interrupted, job))
        self._go_on(job)

    def _say(self, job: Job, event: str, **told: Any) -> None:
        job.say(event, self._state.world.clock.now(), **told)
        self._listener(job, event)

    def _show_again(self, job: Job, done: list[str]) -> None:
        """An older server lists what nodes showed before, with the ids that they had then."""
        for node_id in done:
            before, shown = self._results[self._known[node_id]]
            if shown is not None:
                job.outputs[node_id], job.meta[node_id] = shown, _meta(before)

    def _go_on(self, job: Job) -> None:
        """Do the next node, or end; the time of a run is shared among its nodes."""
        if len(job.executed) == len(job.steps):
            self._succeed(job)
            return
        script, settings = job.script, self._state.world.settings
        seconds = settings.run_seconds if script is None or script.seconds is None else script.seconds
        if script is None or script.outcome != "hang":
            self._after(job, seconds / len(job.steps), partial(self._node_done, job, job.steps[len(job.executed)]))

    def _node_done(self, job: Job, node_id: str) -> None:
        failure = self._failure(job, node_id)
        if failure is not None:
            self._fail(job, node_id, failure)
            return
        shown = self._saving.shown(job, node_id)
        if shown is not None:
            job.outputs[node_id], job.meta[node_id] = shown, _meta(node_id)
        self._results[self._known[node_id]] = (node_id, shown)
        job.executed.append(node_id)
        self._go_on(job)

    def _failure(self, job: Job, node_id: str) -> NodeFailure | None:
        if job.script is not None:
            is_here = job.script.outcome == "failed" and node_id == _failing(job)
            return told_failure(job.script.log) if is_here else None
        node = job.graph[node_id]
        picture = picture_at(self._saving.sized(job.graph), node_id)
        return node_failure(node["class_type"], node["inputs"], picture.size, self._state.settings.corrupt_models)

    def _fail(self, job: Job, node_id: str, failure: NodeFailure) -> None:
        node = job.graph[node_id]
        self._say(
            job,
            "execution_error",
            node_id=node_id,
            node_type=node["class_type"],
            executed=list(job.executed),
            exception_message=failure.message,
            exception_type=failure.exception_type,
            traceback=['  File "execution.py", line 1, in execute\n', f"    raise {failure.exception_type}\n"],
            current_inputs=self._saving.current_inputs(job, node_id),
            current_outputs=list(job.graph),
        )
        self._end(job, "failed")

    def _succeed(self, job: Job) -> None:
        outcome = "success" if job.script is None else job.script.outcome
        if outcome == "interrupted":
            self._interrupted(job)
        elif outcome == "lost":
            self.running = None
            self._take_next()
        else:
            if job.script is not None and (outcome == "no_outputs" or job.script.outputs is not None):
                job.outputs = (
                    {} if outcome == "no_outputs" else self._planned(job, outputs_of(job.graph, 0, job.script))
                )
                job.meta = {node_id: _meta(node_id) for node_id in job.outputs}
            self._say(job, "execution_success")
            self._end(job, "completed")

    def _planned(self, job: Job, outputs: list[Output]) -> dict[str, Any]:
        return {output.node_id: self._saving.save(job, output) for output in outputs}

    def _interrupted(self, job: Job) -> None:
        node_id = (job.steps[len(job.executed) :] or job.steps[-1:] or job.outputs_to_execute)[0]
        told = {"node_id": node_id, "node_type": job.graph[node_id]["class_type"], "executed": list(job.executed)}
        self._say(job, "execution_interrupted", **told)
        self._end(job, "cancelled")

    def _end(self, job: Job, status: Status) -> None:
        job.status, job.ended_at = status, self._state.world.clock.now()
        # A second job of this id takes the first one's place.
        self.history[job.id] = job
        if len(self.history) > _LONGEST_HISTORY:
            del self.history[next(iter(self.history))]
        self.running = None
        self._take_next()


def _meta(node_id: str) -> dict[str, Any]:
    return {"node_id": node_id, "display_node": node_id, "parent_node": None, "real_node_id": node_id}


def _failing(job: Job) -> str:
    """The node that a planned failure hits: the given one, a sampler, or the last."""
    if job.script is not None and job.script.node_id in job.steps:
        return job.script.node_id
    samplers = [one for one in job.steps if "Sampler" in job.graph[one]["class_type"]]
    return (samplers or job.steps[-1:])[0]
