"""The gateway: lets visitors in, finds them a renderer, and passes signalling on. Media never goes through it."""
