"""Where a parser stands in the tokens of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from obskit.logql import tokens
from obskit.logql.errors import LogQLError
from obskit.logql.tokens import Token

#: Beyond these a query is an accident or an attack, and who walks its tree runs out of stack.
DEEPEST, MOST_OPERATIONS = 64, 128

_LONGEST_QUOTE = 60
_NAMES = {
    "end": "end of the query",
    "name": "a name",
    "text": "a text in quotes",
    "number": "a number",
    "window": "a window such as [5m]",
    "duration": "a duration such as 5m",
    "size": "a size such as 10KB",
}
T = TypeVar("T")


class Cursor:
    """The tokens of a query, of which one is next and one after it.

    Args:
        query: The query.
    """

    def __init__(self, query: str) -> None:
        self._query = query
        self._rest = tokens.scan(query)
        self.next = next(self._rest)
        self.after = next(self._rest, self.next)
        self._depth = self._operations = 0

    def take(self, *kinds: str) -> Token | None:
        """Return the next token and step over it, if it is of one of these kinds."""
        token = self.next
        if token.kind not in kinds:
            return None
        self.next = self.after
        self.after = next(self._rest, self.after)
        return token

    def need(self, *kinds: str) -> Token:
        """Return the next token, which must be of one of these kinds, and step over it.

        Raises:
            LogQLError: It is another.
        """
        return self.take(*kinds) or self.refuse(*kinds)

    def refuse(self, *expected: str) -> NoReturn:
        """Raise the error that the next token should have been of another kind."""
        found = self.next
        what = _short(found.written) or _NAMES[found.kind]
        known = [_NAMES.get(kind, kind) for kind in expected]
        raise self.error(f"unexpected {what}" + (f", expected {' or '.join(known)}" if known else ""), found.start)

    def listed(self, read: Callable[[Cursor], T]) -> tuple[T, ...]:
        """Read one or more, with commas between them."""
        found = [read(self)]
        while self.take(","):
            found.append(read(self))
        return tuple(found)

    def error(self, message: str, start: int) -> LogQLError:
        """Return an error with its place."""
        return LogQLError(message, self._query, start)

    def embedded(self, what: str, token: Token, check: Callable[[str], T]) -> T:
        """Return what a function makes of a text that is written in another language.

        Args:
            what: The name of that language, for the message.
            token: The text.
            check: Reads it, or raises ValueError.

        Raises:
            LogQLError: It is not written in that language.
        """
        try:
            return check(str(token.value))
        except ValueError as error:
            raise self.error(f"{_short(token.written)} is no {what}: {error}", token.start) from None

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Read one level deeper.

        Raises:
            LogQLError: Deeper than any query that people write.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(f"it is more than {DEEPEST} levels deep", self.next.start)
        yield
        self._depth -= 1

    def count_operation(self, start: int) -> None:
        """Note one more binary operation.

        Raises:
            LogQLError: More than any query that people write.
        """
        self._operations += 1
        if self._operations > MOST_OPERATIONS:
            raise self.error(f"it has more than {MOST_OPERATIONS} operations", start)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
