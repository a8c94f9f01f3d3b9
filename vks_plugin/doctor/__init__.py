"""The doctor: everything an installation can have wrong, each with a sentence that says how to mend it."""
