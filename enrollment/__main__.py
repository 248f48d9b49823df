"""`python -m enrollment` serves; `rebuild` makes the report anew from the log, `retention` forgets who took part long ago."""

from enrollment import rebuild, retention
from enrollment.app import open_service
from enrollment.settings import EnrollmentSettings
from shared.web.server import main

if __name__ == "__main__":
    main("enrollment", EnrollmentSettings, open_service, {"rebuild": rebuild.main, "retention": retention.main})
