"""The cloud admin: drafts, validation, signed releases, roll-outs, sites, and the pages to work with them."""
