"""What a person does at a browser, on a demonstration that really runs.

Not part of a plain `pytest`; run as `python -m pytest --host=paperless tests/browser`.
"""
