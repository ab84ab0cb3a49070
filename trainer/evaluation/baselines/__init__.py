"""Everything that a table compares: one module per kind of model, behind the interface of `interface.py`.

A new row is one file here and one line in `registry.py`.
"""
