"""Tests mirror the tree, read as sentences about behaviour, and run on real servers."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
