"""What any program needs: errors, files, caches, hashes, progress. Knows nothing of the model, and imports nothing of the package
(but its version)."""
