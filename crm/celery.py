"""The Celery application: tasks of every app, schedule from `crm.schedule`."""

import os

from celery import Celery

from crm.processes import heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
app = Celery("crm", amqp="crm.broker:Broker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
heartbeat.connect()
app.conf.beat_schedule_filename = os.environ.get("BEAT_SCHEDULE_FILE", "/tmp/switchboard-beat")  # noqa: S108 - only a default


@app.on_after_finalize.connect
def load_schedule(sender: Celery, **_: object) -> None:
    """Attach the periodic work; the table lives in `crm.schedule` so that it can be read in one place."""
    from crm.schedule import BEAT_SCHEDULE

    sender.conf.beat_schedule = BEAT_SCHEDULE
