"""`python -m enrollment` serves; `python -m enrollment rebuild` makes the report anew from the log."""

from enrollment import rebuild
from enrollment.app import open_service
from enrollment.settings import EnrollmentSettings
from shared.web.server import main

if __name__ == "__main__":
    main("enrollment", EnrollmentSettings, open_service, {"rebuild": rebuild.main})
