"""The sections of a page: each module's `build` gives one, or None where it has nothing to show."""
