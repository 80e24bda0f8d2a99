"""Lumenhafen: an invented shop for lamps and the ninety days its customer care has had, made from a seed.

`scenario` invents the operation as plain records, without a database; `write` puts them into one.
"""
