"""Whether visitors get the places that there are, and what it costs a gateway to find them."""
