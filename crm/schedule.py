"""Every periodic task, in one table. Beat only nudges: each task finds its due work by a query."""

from typing import Any

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "relay-outbox": {"task": "core.tasks.relay_outbox", "schedule": 5.0, "options": {"expires": 5}},
    "drive-dialer": {
        "task": "calls.tasks.drive_dialer",
        "schedule": 1.0,
        "options": {"queue": "dialer", "expires": 2},
    },
    "watch-invariants": {"task": "calls.tasks.watch_invariants", "schedule": 300.0},
    "sweep-calls": {"task": "calls.tasks.sweep_calls", "schedule": 5.0, "options": {"expires": 5}},
    "start-scheduled": {"task": "campaigns.tasks.start_scheduled", "schedule": 10.0, "options": {"expires": 10}},
    "fold-tallies": {"task": "campaigns.tasks.fold_tallies", "schedule": 5.0, "options": {"expires": 5}},
    "send-emails": {
        "task": "core.tasks.send_emails",
        "schedule": 10.0,
        "options": {"queue": "mail", "expires": 10},
    },
    "expire-holds": {"task": "accounts.tasks.expire_holds", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-enrichment": {
        "task": "enrichment.tasks.sweep_enrichment",
        "schedule": 10.0,
        "options": {"queue": "enrichment", "expires": 10},
    },
    "tend-introductions": {"task": "network.tasks.tend_introductions", "schedule": 600.0},
    "fade-ties": {"task": "network.tasks.fade_ties", "schedule": 24 * 3600.0},
    "sweep-files": {"task": "accounts.tasks.sweep_files", "schedule": 24 * 3600.0},
    "forget-old-keys": {"task": "core.tasks.forget_old_idempotency_keys", "schedule": 3600.0},
    "resume-bulk-actions": {"task": "contacts.tasks.resume_bulk_actions", "schedule": 30.0},
    "find-duplicates": {"task": "contacts.tasks.find_all_duplicates", "schedule": 24 * 3600.0},
    "forget-old-drafts": {"task": "contacts.tasks.forget_old_drafts", "schedule": 24 * 3600.0},
    "resume-imports": {"task": "contacts.tasks.resume_imports", "schedule": 15.0, "options": {"expires": 15}},
}

for _queue in ("default", "dialer", "enrichment", "mail"):
    BEAT_SCHEDULE[f"heartbeat-{_queue}"] = {
        "task": "core.tasks.beat_heart",
        "schedule": 30.0,
        "args": (_queue,),
        "options": {"queue": _queue, "expires": 25},
    }
