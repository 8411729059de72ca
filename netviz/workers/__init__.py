"""Who draws and encodes a film's segments: this process, processes of our own, any executor, a dask cluster."""
