"""The grammar of a template of Go, as ``text/template/parse/parse.go`` has it."""

from __future__ import annotations

from collections.abc import Collection

from obskit.gotemplate import literals, words
from obskit.gotemplate.cursor import Cursor


class Reader(Cursor):
    """Reads a template once, from its beginning to its end.

    Args:
        text: The template.
        functions: What it can call beside the functions that every template has.
        variables: What it can use without declaring it, each with its ``$``.
    """

    def __init__(self, text: str, functions: Collection[str], variables: Collection[str] = ()) -> None:
        super().__init__(text)
        self.functions = functions
        self.variables = ["$", *variables]
        self.ranges = 0  # around here, within which break and continue are allowed
        self.moved = 0  # blocks around here in which the dot is no longer the one of the beginning
        self.defined: set[str] = set()

    def read(self) -> None:
        """Read the template.

        Raises:
            ValueError: Go would not parse it; says why.

        Example:
            >>> Reader("{{ $value | humanise }}", {"humanize"}, {"$value"}).read()
            Traceback (most recent call last):
            ...
            ValueError: there is no function humanise
        """
        while self.enter():
            if closed := self._action(top=True):
                raise ValueError(f"{closed} has nothing that it belongs to")

    def reads(self, field: str) -> None:
        """Take note of a field of what the template is given."""

    def _action(self, top: bool = False) -> str:
        """Read an action; return what closes a block (end, else, and "else if" before its condition), or ""."""
        word = self.skip_space()
        keyword = word.written if word.kind == "word" and word.written in words.KEYWORDS else ""
        if keyword in ("end", "else"):
            return self._closing(keyword)
        if keyword:
            self.step()
        else:
            self._pipeline("end")
        if keyword in ("if", "with", "range"):
            self._control(keyword)
        elif keyword in ("break", "continue"):
            self._alone(keyword)
            if not self.ranges:
                raise ValueError(f"{keyword} stands outside of a range")
        elif keyword:
            self._named(keyword, top)
        self.filled = True
        return ""

    def _closing(self, keyword: str) -> str:
        self.step()
        following = self.skip_space()
        if keyword == "else" and following.written in ("if", "with"):
            return f"else {following.written}"
        self._alone(keyword)
        return keyword

    def _alone(self, keyword: str) -> None:
        if self.skip_space().kind != "end":
            raise ValueError(f"{keyword} stands alone between its braces")
        self.step()

    def _named(self, keyword: str, top: bool) -> None:
        if self.skip_space().kind != "text":
            raise ValueError(f"{keyword} has no name in quotes")
        written = self.step().written
        words.check_text(written)
        if keyword == "define" and not top:
            raise ValueError("define stands inside of another block")
        if keyword == "define" or (keyword == "template" and self.skip_space().kind == "end"):
            self._alone(keyword)
        else:
            self._pipeline("end", keyword)
        if keyword == "template":
            return
        outer = self.variables, self.ranges
        self.variables, self.ranges, self.filled = ["$"], 0, False
        self._body(keyword, "end", moves=True)
        self.variables, self.ranges = outer
        if self.filled and literals.unquote(written) in self.defined:
            raise ValueError(f"{written} is defined twice")
        if self.filled:
            self.defined.add(literals.unquote(written))

    def _control(self, keyword: str) -> None:
        known = len(self.variables)
        closed = self._branch(keyword)
        while keyword != "range" and closed == f"else {keyword}":
            self.step()
            closed = self._branch(keyword)
        if closed == "else":
            self._body("else", "end")
        elif closed != "end":
            raise ValueError(f"{closed} has nothing that it belongs to")
        del self.variables[known:]

    def _branch(self, keyword: str) -> str:
        self._pipeline("end", keyword)
        self.ranges += keyword == "range"
        closed = self._body(keyword, "end", "else", "else if", "else with", moves=keyword != "if")
        self.ranges -= keyword == "range"
        return closed

    def _body(self, opened: str, *closing: str, moves: bool = False) -> str:
        """Read up to what closes a block, and return it; some blocks move the dot away from where it was."""
        self.deeper(1)
        self.moved += moves
        while self.enter():
            if kind := self._action():
                if kind not in closing:
                    raise ValueError(f"{kind} has nothing that it belongs to")
                self.deeper(-1)
                self.moved -= moves
                return kind
        raise ValueError(f"{opened} has no end")

    def _pipeline(self, end: str, context: str = "") -> None:
        """Read declarations and commands, up to the end of the action or a closing parenthesis."""
        self._declare(context)
        commands = 0
        while True:
            token = self.skip_space()
            if end in (token.kind, token.written) and token.kind in ("end", "mark"):
                break
            if token.kind in ("end", "mark") and token.written != "(":
                self.refuse()
            kind = self._command()
            if commands and kind in words.CONSTANTS:
                raise ValueError("it pipes into what is no function")
            commands += 1
        if not commands:
            what = f"{context} has no value" if context else "{{ }} is empty" if end == "end" else "( ) is empty"
            raise ValueError(what)
        self.step()

    def _declare(self, context: str) -> None:
        for most in (2, 1) if context == "range" else (1,):
            variable, at = self.skip_space(), self.at
            if variable.kind != "variable":
                return
            self.step()
            mark = self.skip_space().written
            if mark not in ("=", ":=", ","):
                self.at = at
                return
            self.step()
            self.variables.append(variable.written)
            if mark != ",":
                return
            if most == 1:
                raise ValueError("it declares too many variables at once")
            if self.skip_space().kind not in ("variable", "end"):
                self.refuse()

    def _command(self) -> str:
        """Read operands with space between them; return the kind of the first."""
        kinds = []
        while True:
            self.skip_space()
            if kind := self._operand():
                kinds.append(kind)
            token = self.peek()
            if token.kind != "space":
                break
        if token.written == "|":
            self.step()
        elif token.kind != "end" and token.written != ")":
            self.refuse()
        if not kinds:
            raise ValueError("a command is empty")
        return kinds[0]

    def _operand(self) -> str:
        """Read a term and the fields behind it; return its kind, "" where there is no term."""
        token = self.peek()
        kind = self._term(token)
        if kind and self.peek().kind == "field":
            if kind in words.CONSTANTS:
                raise ValueError(f"{token.written} has no fields")
            if token.written == "$":
                self.reads(self.peek().written[1:])
            while self.peek().kind == "field":
                words.check(self.step())
        return kind

    def _term(self, token: words.Token) -> str:
        if token.written == "(":
            self.step()
            self.deeper(1)
            self._pipeline(")")
            self.deeper(-1)
            return "parentheses"
        if token.kind not in words.TERMS or token.written in words.KEYWORDS:
            return ""
        self.step()
        words.check(token)
        if token.kind == "word":
            return self._word(token.written)
        if token.kind == "variable" and token.written not in self.variables:
            raise ValueError(f"there is no variable {token.written}")
        if token.kind == "field" and not self.moved:
            self.reads(token.written[1:])
        return token.kind

    def _word(self, word: str) -> str:
        if word in words.LITERALS:
            return "constant"
        if word not in words.FUNCTIONS and word not in self.functions:
            raise ValueError(f"there is no function {word}")
        return "function"
