"""The admin's pages: plain forms that work without scripts, in English and Chinese."""
