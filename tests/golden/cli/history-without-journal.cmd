HEARTH_JOURNAL=/nonexistent/journal.db history
