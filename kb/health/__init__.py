"""Is everything still as it was written? `verify` for the library, `doctor` for the installation."""

from kb.health.doctor import doctor
from kb.health.verify import verify

__all__ = ["doctor", "verify"]
