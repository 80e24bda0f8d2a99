"""Reading mail: bytes in, plain facts out, and never an exception for what a stranger sent.

`parse.parse` reads one message. The other modules each answer one question about it; `docs/methods/mail.md`
says how and why.
"""
