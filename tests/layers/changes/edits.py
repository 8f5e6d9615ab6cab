# SPDX-License-Identifier: EUPL-1.2
"""Adds ten features at a time, and says each time which ids were confirmed; somebody will kill it."""

import sys

import shapely

from layers.changes.model import Geometry, Insert
from layers.changes.service import apply
from sdi.db.database import Database
from sdi.people.service import authenticate

conninfo, token = sys.argv[1:]
database = Database(lambda role: conninfo.replace("ROLE", role.value))
with database.app.connect() as connection:
    caller = authenticate(connection, token)
place = Geometry(shapely.to_wkb(shapely.box(601_000, 500_000, 601_010, 500_010)), 2180)
number = 0
while True:
    number += 1
    batch = [Insert("houses", place, {"code": f"n{number}-{n}"}) for n in range(10)]
    done = apply(database, caller, batch)
    sys.stdout.write(" ".join(str(one.fid) for one in done.changes) + "\n")
    sys.stdout.flush()
