"""Addresses of the network, introduction and referral pages."""

from django.urls import path

from network import pages, public_pages

urlpatterns = [
    path("network", pages.network_page, name="network"),
    path("network/options", pages.contact_options, name="network-options"),
    path("network/import", pages.tie_import, name="tie-import"),
    path("network/me", pages.join_network, name="network-join"),
    path("network/ties", pages.add_tie, name="network-add-tie"),
    path("introductions", pages.introduction_list, name="introductions"),
    path("introductions/new", pages.introduction_new, name="introduction-new"),
    path("introductions/<uuid:pk>/<str:status>", pages.introduction_step, name="introduction-step"),
    path("leaderboard", pages.leaderboard_page, name="leaderboard"),
    path("referrals/<uuid:pk>/<str:verdict>", pages.referral_judge, name="referral-judge"),
    path("r/<str:code>", public_pages.referral_link, name="referral-link"),
    path("i/<str:token>", public_pages.answer_introduction, name="answer-introduction"),
]
