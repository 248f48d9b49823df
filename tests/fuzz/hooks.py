"""What Schemathesis has to know of us beside the document."""

from __future__ import annotations

import gc
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

from shared.spreadsheets import CSV, XLSX

gc.set_threshold(200_000, 50, 1000)  # a run is short: to look for garbage seldom makes it an eighth faster

BEYOND_SCHEMAS = {
    "citizen_number",  # nine digits that pass the eleven test
    "unknown_theme", "unknown_fieldlab", "unknown_region", "unknown_course",  # which there are is data
    "email",  # which may have more on both sides of the @ than a pattern says
    "ends_too_early", "starts_too_early", "lasts_too_long", "closes_too_late", "days_reversed",  # one value against another
    "minimum",
    "opens_too_late", "draws_too_early", "decides_too_late", "kept_too_long", "kept_too_many",
    "marked_twice", "group_twice", "one_of_two",  # and one list, and one field
    "in_the_past", "too_far_ahead",  # and against the clock
}  # fmt: skip
"""Faults of a field that no schema can tell beforehand."""
OF_WHAT_IS_THERE = {"unknown-municipality", "idempotency-key-reused"}
"""Refusals that depend on what is stored: which municipalities there are, and which keys were used before."""
FORMS = ("application/json", CSV, XLSX)


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, _case: Any, response: Any) -> bool:
    """What fits its schema may still be refused, for these reasons and no other."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    slug = problem["type"].rpartition("/")[2]
    codes = {fault["code"] for fault in problem.get("errors", [])}
    return not (slug in OF_WHAT_IS_THERE or (slug == "invalid-input" and codes and codes <= BEYOND_SCHEMAS))


@schemathesis.hook
def map_headers(_context: Any, headers: Any) -> Any:
    """A key that nobody used before, so that what it goes along with is considered at all."""
    key = (headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) <= 168:
        headers["Idempotency-Key"] = key + uuid4().hex
    return headers


@schemathesis.hook
def map_case(_context: Any, case: Any) -> Any:
    """The report in each of its forms."""
    if case.operation.label == "GET /uptake":
        case.headers = {**case.headers, "Accept": FORMS[len(case.query or ()) % len(FORMS)]}
    return case
