"""Bringing people in from files: one engine for contacts, leads and campaign lists."""
