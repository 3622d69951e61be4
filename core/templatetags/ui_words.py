"""The words of the product's states: which colour a status wears, and how a stored word is read aloud."""

from __future__ import annotations

from typing import Final

_WORDS_BY_TONE: Final = {
    "gray": """
        new pending draft not_found skipped stopped ended cancelled no_answer lost churned exhausted removed
        voicemail not_interested not_a_fit expired inactive not_configured agent manager unknown deleted
        archived waived wrap_up dropped""",
    "blue": """
        lead reached_out contacted scheduled queued dialing initiated sending requested uploading undoing mapped
        interviewing auto waiting""",
    "violet": "opportunity qualified accepted admin referred",
    "amber": """
        callback paused stopping retry_wait busy rejected undone retrying quiet_hours due ringing on_hold
        throttled deferred out_of_credits expiring""",
    "green": """
        customer converted won running completed done in_call in_progress answered found live interested sent
        delivered active configured ok made clean opted_in granted success yes paid""",
    "red": """
        failed blocked opt_out opted_out do_not_call invalid_number wrong_number declined bounced error auth_error
        overdue infected revoked refused_by_law suppressed no_consent""",
}

TONES: Final[dict[str, str]] = {word: tone for tone, words in _WORDS_BY_TONE.items() for word in words.split()}

TONES_BY_NOUN: Final[dict[tuple[str, str], str]] = {
    ("import", "running"): "blue",
    ("enrichment", "running"): "blue",
    ("step", "failed"): "amber",
    ("campaign", "completed"): "blue",
    ("disposition", "interested"): "violet",
    ("introduction", "pending"): "amber",
}

LABELS: Final[dict[str, str]] = {
    "opt_out": "Opted out",
    "retry_wait": "Waiting to retry",
    "in_call": "In call",
    "done": "Done",
    "dialing": "Dialing",
    "do_not_call": "Do not call",
    "exhausted": "No tries left",
    "no_answer": "No answer",
    "not_a_fit": "Not a fit",
    "wrap_up": "Wrap-up",
    "auth_error": "Sign-in refused",
    "refused_by_law": "Refused by law",
    "ai": "AI",
    "api": "API",
    "csv": "CSV",
    "id": "ID",
    "url": "URL",
    "sms": "SMS",
}
