"""Pages and texts for a reader's browser: player page, snippets, transcript, live preview."""
