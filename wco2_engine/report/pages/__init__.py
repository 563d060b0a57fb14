"""Pages about one thing each, of facts that a job found: no files beside them."""
