"""Addresses of the pages of calls."""

from django.urls import path

from calls import number_pages, pages, queue_pages, voice_pages

app_name = "calls"
urlpatterns = [
    path("queue", queue_pages.queue, name="queue"),
    path("queue/next", queue_pages.call_next, name="next"),
    path("leads/<uuid:pk>/call", queue_pages.call_lead, name="call-lead"),
    path("contacts/<uuid:pk>/call", queue_pages.call_contact, name="call-contact"),
    path("campaigns/<uuid:pk>/test-call", queue_pages.try_prompt, name="try-prompt"),
    path("calls", pages.call_list, name="list"),
    path("settings/numbers", number_pages.caller_number_list, name="numbers"),
    path("settings/voice", voice_pages.voice_providers, name="voice-providers"),
    path("settings/voice/<slug:name>", voice_pages.voice_provider, name="voice-provider"),
    path("settings/voice/<slug:name>/check", voice_pages.voice_provider_check, name="voice-provider-check"),
    path("settings/voice/<slug:name>/forget", voice_pages.voice_provider_forget, name="voice-provider-forget"),
    path("calls/<uuid:pk>", pages.call_detail, name="detail"),
    path("calls/<uuid:pk>/disposition", pages.set_disposition, name="disposition"),
    path("calls/<uuid:pk>/notes", pages.add_note, name="note"),
    path("calls/<uuid:pk>/hang-up", pages.hang_up, name="hang-up"),
    path("calls/<uuid:pk>/next", queue_pages.note_and_next, name="note-and-next"),
]
