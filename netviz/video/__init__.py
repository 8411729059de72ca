"""Video: pictures and sound encoded, joined and verified as files, and the metadata in them."""
