"""What this package raises."""


class TunerError(Exception):
    """Something that you can correct: the message says what was wrong and what to do."""


class Invalid(Exception):
    """Raise it in an objective for a configuration that cannot be used. The search then avoids others like it."""
