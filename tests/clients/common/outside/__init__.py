"""What the client suites share: the program under test, the people of its seeds, the refusals they meet.

Everything here talks to loopback only, and nothing here knows how the service is made.
"""
