"""The web console: pages for officers and the public, in Chinese and English, that work without JavaScript."""
