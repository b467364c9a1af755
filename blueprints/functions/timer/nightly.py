"""Says what day has ended."""

import datetime
import json
import os


def handle(event, context=None):
    day = datetime.date.today() - datetime.timedelta(days=1)
    print(json.dumps({"day": day.isoformat(), "kept_days": int(os.environ["KEPT_DAYS"])}))
    return "", 204
