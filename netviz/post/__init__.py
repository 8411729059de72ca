"""What a blog post needs besides the film: words about it, snippets, a page that plays it."""
