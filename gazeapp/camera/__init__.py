"""Pictures of a face, from a camera, a video or a folder, and where its two eyes are in them."""
