"""Options of a tracker as a person types them: `--device-option rate_hz=500`."""

from __future__ import annotations

from collections.abc import Mapping

from gazeapp.errors import SettingsError


class DeviceOptions:
    """Reads named options once each and refuses what nobody asked for.

    Args:
        backend: Named in messages.
        given: What the person typed.
    """

    def __init__(self, backend: str, given: Mapping[str, str]) -> None:
        self._backend = backend
        self._given = dict(given)
        self._known: list[str] = []

    def text(self, name: str, default: str) -> str:
        """An option as it was typed."""
        self._known.append(name)
        return self._given.get(name, default)

    def number(self, name: str, default: float, *, above: float | None = None) -> float:
        """An option as a number; SettingsError when it is none, or not above a limit."""
        typed = self.text(name, str(default))
        try:
            value = float(typed)
        except ValueError:
            raise SettingsError(
                f"device option {name}={typed!r} of {self._backend} must be a number", key=name
            ) from None
        if above is not None and not value > above:
            raise SettingsError(f"device option {name}={typed} of {self._backend} must be above {above:g}", key=name)
        return value

    def finish(self) -> None:
        """Refuse options that were given and not read."""
        unknown = sorted(set(self._given) - set(self._known))
        if unknown:
            known = ", ".join(self._known) or "none"
            raise SettingsError(
                f"{self._backend} has no device option {unknown[0]!r}; it knows {known}",
                key=unknown[0],
            )
