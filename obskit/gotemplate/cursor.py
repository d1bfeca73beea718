"""A place in a template of Go, and the words from there on."""

from __future__ import annotations

from typing import NoReturn

from obskit.gotemplate import words

#: Each level of blocks and parentheses takes some of Python's stack.
_DEEPEST = 50


class Cursor:
    """Goes through a template; what is around the actions is text.

    Args:
        text: The template.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.filled = False  # whether the block around here holds more than space
        self._deep = 0
        self._next = -1, words.Token("", "")  # each token is looked at several times

    def enter(self) -> bool:
        """Go into the next action; return whether there is one."""
        while (at := self.text.find("{{", self.at)) >= 0:
            self.filled = self.filled or bool(self.text[self.at : at].strip())
            if comment := words.COMMENT.match(self.text, at):
                self.at = comment.end()
                continue
            opening = words.OPENING.match(self.text, at)
            self.at = opening.end() if opening else at
            if words.COMMENTED.match(self.text, self.at):
                raise ValueError("a comment is not closed, or not alone between its braces")
            return True
        return False

    def peek(self) -> words.Token:
        """Return the next token.

        Raises:
            ValueError: Nothing that begins here is one.
        """
        at, token = self._next
        if at != self.at:
            found = words.TOKEN.match(self.text, self.at)
            if found is None:
                raise ValueError(words.unreadable(self.text, self.at))
            token = words.Token(str(found.lastgroup), found.group())
            self._next = self.at, token
        return token

    def step(self) -> words.Token:
        """Go behind the next token and return it."""
        token = self.peek()
        self.at += len(token.written)
        return token

    def skip_space(self) -> words.Token:
        """Return the next token that is no space; it stays the next one."""
        while (token := self.peek()).kind == "space":
            self.step()
        return token

    def refuse(self) -> NoReturn:
        """Say that the next token cannot stand where it does."""
        token = self.peek()
        if token.kind == "end" or token.written == ")":
            raise ValueError("( or ) stands without its other half")
        raise ValueError(words.misplaced(token))

    def deeper(self, by: int) -> None:
        """Count the levels of blocks and parentheses around here."""
        self._deep += by
        if self._deep > _DEEPEST:
            raise ValueError(f"it is more than {_DEEPEST} levels deep")
