"""The one kind of error that is meant for the person at the console."""


class HoldfastError(Exception):
    """Something that the user can put right.

    The message is one line that says what is wrong, where, and what to do. The console command
    shows it without a traceback and ends with status 1.
    """
