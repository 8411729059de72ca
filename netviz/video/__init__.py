"""How pictures become a file with sound."""
