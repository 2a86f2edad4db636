"""The review page: a small server on this machine, for the coders of one project."""
