"""Every code point, and all short strings over a small alphabet, through every list of regexes: README.md tells how."""
