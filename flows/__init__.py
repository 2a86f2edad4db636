"""Prefect flows: orchestration only. All work is done by `ctg_nlp.pipeline`."""
