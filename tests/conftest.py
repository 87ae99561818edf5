"""What all tests share: no property fails for being slow; speed is the business of `fasnb bench`."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
