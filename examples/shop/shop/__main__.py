"""``python -m shop URL…`` creates the tables on every shard."""

import sys

from shop.store import create_tables

create_tables(sys.argv[1:])
