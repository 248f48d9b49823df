"""What to call a browser in the list of where somebody is signed in."""

from __future__ import annotations

NAMES = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


def called(user_agent: str) -> str:
    """Such as `Firefox, Android`: enough to recognise one's own devices by, too little to tell people apart. May be empty."""
    found = (next((name for mark, name in marks if mark in user_agent), "") for marks in (NAMES, SYSTEMS))
    return ", ".join(filter(None, found))
