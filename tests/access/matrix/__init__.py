"""Every door, for everybody, on every kind of case: what each is told, against what the offices' rules say.

    python -m tests.access.matrix --host paperless [--seed 7 --share 0.02]

`facts.py` has the people, cases and documents as plain values; `oracle.py` says from those values alone who may read what, and
knows nothing of the product; `world.py` makes them exist; `doors.py` has every address with what it is asked; `judge.py` reads
the answers; `mutants.py` breaks the product in one place after another and sees whether the matrix notices.
"""
