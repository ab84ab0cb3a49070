"""Everything that a table compares: one module per kind of row, behind the interface of `row.py`.

A new row is one file here and one line in `registry.py`.
"""
