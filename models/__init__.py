"""What is true: event -> turn -> intent -> minute -> spike -> change.

Nothing here reads a clock, a file, a socket or the environment; every function is
its arguments and its result.
"""
