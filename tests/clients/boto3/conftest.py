from outside.plugin import *  # noqa: F403
