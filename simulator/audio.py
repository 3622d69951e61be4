"""Recordings: two voices of tones that murmur in the rhythm of the conversation.

16-bit PCM, mono, 8 kHz, as phone lines carry it. Syllables are made once per voice and then only joined, so a
minute of audio costs a few milliseconds.
"""

from __future__ import annotations

import array
import functools
import io
import math
import random
import wave
from collections.abc import Sequence

from simulator.conversation import Message, spoken_seconds

RATE = 8000
LONGEST_SECONDS = 60.0
SYLLABLES_PER_SECOND = 4.5
PITCH = {"agent": 205.0, "person": 118.0}
VOWELS = ((730, 1090), (270, 2290), (390, 1990), (570, 840), (300, 870), (530, 1840))
"""First two formants of vowels, in Hz."""


@functools.lru_cache(maxsize=8)
def _cached(key: tuple[tuple[str, str, float], ...], seconds: float) -> bytes:
    messages = [Message(role=role, content=content, at=at) for role, content, at in key]
    return _render(messages, seconds)


def render_wav(messages: Sequence[Message], talk_seconds: float) -> bytes:
    """Make the recording of a conversation as a WAV file, at most a minute long."""
    seconds = min(max(talk_seconds, 1.0), LONGEST_SECONDS)
    return _cached(tuple((m["role"], m["content"], m["at"]) for m in messages), seconds)


def _render(messages: Sequence[Message], seconds: float) -> bytes:
    total = int(seconds * RATE)
    samples = bytearray(total * 2)
    for number, message in enumerate(messages):
        start = int(message["at"] * RATE)
        following = messages[number + 1]["at"] if number + 1 < len(messages) else seconds
        room = min(spoken_seconds(message["content"]) * 1.5, max(following - message["at"] - 0.3, 0.3))
        voice = _speak(message["role"], message["content"], room)
        end = min(start * 2 + len(voice), len(samples))
        if end > start * 2:
            samples[start * 2 : end] = voice[: end - start * 2]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(samples))
    return out.getvalue()


def _speak(role: str, content: str, seconds: float) -> bytes:
    rng = random.Random(content)  # noqa: S311 - repeatable, not secret
    sounds = _syllables(role)
    spoken = bytearray()
    limit = int(seconds * RATE) * 2
    while len(spoken) < limit:
        for _ in range(rng.randint(1, 4)):
            spoken += rng.choice(sounds)
        spoken += bytes(2 * int(RATE * rng.choice((0.03, 0.05, 0.06, 0.22))))
    return bytes(spoken[:limit])


@functools.cache
def _syllables(role: str) -> tuple[bytes, ...]:
    """Make a voice's syllables: vowels at a gliding pitch, fading in and out."""
    rng = random.Random(role)  # noqa: S311 - repeatable, not secret
    pitch = PITCH.get(role, 150.0)
    sounds = []
    for formants in VOWELS * 2:
        seconds = rng.uniform(0.11, 0.26)
        glide = rng.uniform(0.88, 1.12)
        sounds.append(_vowel(pitch * rng.uniform(0.9, 1.15), glide, seconds, formants))
    return tuple(sounds)


def _vowel(pitch: float, glide: float, seconds: float, formants: tuple[int, int]) -> bytes:
    harmonics = []
    for n in range(1, int(3400 / pitch)):
        loudness = sum(math.exp(-(((n * pitch - f) / 170.0) ** 2)) for f in formants) + 0.12 / n
        if loudness > 0.02:
            harmonics.append((n, loudness))
    scale = 9000.0 / sum(loudness for _, loudness in harmonics)
    count = int(seconds * RATE)
    samples = array.array("h")
    phase = 0.0
    for i in range(count):
        x = i / count
        phase += 2 * math.pi * pitch * (1 + (glide - 1) * x) / RATE
        envelope = math.sin(math.pi * min(x * 2.5, 1.0) / 2) * math.sin(math.pi * min((1 - x) * 1.8, 1.0) / 2)
        samples.append(int(scale * envelope * sum(a * math.sin(n * phase) for n, a in harmonics)))
    return samples.tobytes()
