"""What a reader's browser gets: player page, snippets, transcript, live preview."""
