"""Tickets from elsewhere, at their original times, without mail, rules or alarms.

`careline import FILE --map MAP.yaml` reads CSV or JSON lines (plain or .gz). A map (`mapping`) says which
column is what; docs/import.md explains its words. The road of a row: `reading` (lines to rows) -> `drafts`
(rows to one draft a ticket) -> `ground` (names to ids) -> `replay` (drafts to table rows) -> `run` (batches,
a transaction each). `mbox` takes the same road with mail.

Decisions: whoever is unknown becomes an inactive user with an address that ends in `.invalid`, so that
answers keep their authors; teams, contact reasons and tags are made where they are missing; a ticket that is
in already is left as it is. Everything of one ticket, its clocks included, is written in one transaction, so
a second run goes on where a killed one stopped.
"""
