"""The pages for people: templates, texts in both languages, and the scripts of each page."""
