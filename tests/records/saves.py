# SPDX-License-Identifier: EUPL-1.2
"""Makes records one after another, and says each time which number was confirmed; somebody will kill it."""

import sys

import shapely

from records import service
from records.model import Place
from sdi.db.database import Database
from sdi.people.service import authenticate

conninfo, token = sys.argv[1:]
database = Database(lambda role: conninfo.replace("ROLE", role.value))
with database.app.connect() as connection:
    caller = authenticate(connection, token)
place = Place("subject", "drawn", shapely.to_wkb(shapely.Point(575_000, 500_000)))
card = {"object_type": "house", "locality": "Gąbin", "protection": "gez"}
while True:
    saved = service.apply(database, caller, [service.create(caller, "monument", {"title": "Dom"}, card, [place])])[0]
    sys.stdout.write(f"{saved.number}\n")
    sys.stdout.flush()
