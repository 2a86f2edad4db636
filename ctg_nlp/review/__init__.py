"""What coders said: decisions, and the coded records they resolve to."""
