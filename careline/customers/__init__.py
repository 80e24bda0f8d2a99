"""The people and organisations we answer to, and every address we know them by.

Events: person.created, person.changed, organisation.created, organisation.changed, customers.exported.
"""
