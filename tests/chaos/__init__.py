"""Enroll and cancel while everything is killed again and again; then hold what is left against every promise."""
