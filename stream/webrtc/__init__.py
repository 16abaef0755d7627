"""What is ours of WebRTC, on aiortc: the peer, and what aiortc lacks."""
