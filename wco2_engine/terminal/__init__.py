"""What people at a terminal see, and what machines read in its place."""
