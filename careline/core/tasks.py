"""The queue behind the `django_tasks` interface, so that large sites can point TASKS at another backend."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist

from careline.core import queue
from careline.core.models import Job

STATUS = {
    "ready": TaskResultStatus.READY,
    "running": TaskResultStatus.RUNNING,
    "done": TaskResultStatus.SUCCESSFUL,
    "dead": TaskResultStatus.FAILED,
}


class DurableDatabaseBackend(BaseTaskBackend):
    """Keeps tasks in the database, in the transaction of whoever enqueues them."""

    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def validate_task(self, task: Task[Any, Any]) -> None:
        """Refuse what the queue cannot run.

        Raises
        ------
        InvalidTaskError
            Above all a task that wants a context: a job only knows its arguments.
        """
        super().validate_task(task)
        if task.takes_context:
            raise InvalidTaskError("Tasks take no context here; give them what they need as arguments.")

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Write the task into the queue."""
        self.validate_task(task)
        # The interface has no place for a `now`, so this is where its clock is read.
        job = queue.put(
            task.func,
            list(args),
            kwargs=dict(kwargs),
            now=timezone.now(),
            run_at=task.run_after,
            queue=task.queue_name,
            priority=task.priority,
        )
        assert job is not None  # only a dedupe key can make it so
        return self._result(job, task)

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return what has become of a task.

        Raises
        ------
        TaskResultDoesNotExist
            No such job, or it was forgotten because it is long done.
        """
        job = _find(result_id).first()
        if job is None:
            raise TaskResultDoesNotExist(result_id)
        task = import_string(job.task)
        if not isinstance(task, Task):
            raise TaskResultDoesNotExist(result_id)
        return self._result(job, task)

    def _result(self, job: Job, task: Task[Any, Any]) -> TaskResult[Any]:
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=str(job.pk),
            status=STATUS[job.state],
            enqueued_at=job.enqueued_at,
            started_at=None,
            last_attempted_at=None,
            finished_at=job.finished_at,
            args=job.args,
            kwargs=job.kwargs,
            backend=self.alias,
            errors=_errors_of(job),
            worker_ids=[job.worker] * job.attempts,
        )
        object.__setattr__(result, "_return_value", job.result)  # as the interface's own backends do
        return result


def _find(result_id: str) -> QuerySet[Job]:
    return Job.objects.filter(pk=int(result_id)) if result_id.isdecimal() else Job.objects.none()


def _errors_of(job: Job) -> list[TaskError]:
    return [TaskError(exception_class_path=_class_of(job.error), traceback=job.error)] if job.error else []


def _class_of(error: str) -> str:
    name = error.partition(":")[0].strip()
    if not re.fullmatch(r"[\w.]+", name):
        return "builtins.Exception"
    return name if "." in name else f"builtins.{name}"
