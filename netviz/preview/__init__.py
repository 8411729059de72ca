"""The preview room: a scene is watched, and shown in the browser as it is after every change."""
