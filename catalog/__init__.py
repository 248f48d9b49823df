"""Regions, fieldlabs, courses and sessions; search; the displayed seats left. Plain on purpose: it decides no seat."""
