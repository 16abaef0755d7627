"""WebRTC visitors of an edge node, as locust users: they join, walk, tap and leave, and decode no video.

locust is gevent, aiortc is asyncio. ``visitor_thread`` is the one bridge: a real thread with an asyncio loop of its
own (``native_loop``), on which all visits live (``webrtc_visit``). What they notice (``samples``) goes back over it
in batches, and becomes locust requests (``user``). What is judged from numbers alone is pure: ``access_units``,
``receiver_feedback``, ``frame_timing``, ``walk_path``, ``ramp``.
"""
