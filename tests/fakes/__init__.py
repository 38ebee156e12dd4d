"""Stand-ins for what tests and the demo cannot have: a Plex Media Server, a certificate authority, a faulty hop.

They listen on real sockets. They must not import anything from the product: a misreading must not be shared.
"""
