"""Names under which other projects look for this one."""
