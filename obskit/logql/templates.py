r"""Templates of ``line_format`` and ``label_format`` as Go reads them: whether one is valid, and which labels it reads.

Source: https://pkg.go.dev/text/template and https://grafana.com/docs/loki/latest/query/template_functions/.
"""

from __future__ import annotations

from obskit.logql import quantities
from obskit.logql import template_words as words

_DEEPEST = 50


def labels_read(text: str) -> tuple[str, ...]:
    """Return the labels that a template reads.

    Raises:
        ValueError: Go would not parse it, or Loki has no such function.

    Example:
        >>> labels_read('{{.level | ToUpper}} {{ if .user }}{{ with .user }}{{ . }}{{ end }}{{ end }}')
        ('level', 'user')
    """
    reader = _Reader(text)
    while reader.enter():
        if (kind := reader.action(top=True)) != "":
            raise ValueError(f"its {{{{{kind}}}}} closes nothing")
    return tuple(dict.fromkeys(reader.labels))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.labels: list[str] = []
        self.variables = ["$"]
        self.deep = 0
        self.ranges = 0  # around here, within which break and continue are allowed
        self.moved = 0  # blocks around here in which the dot is no longer all labels

    def enter(self) -> bool:
        """Go into the next action; return whether there is one."""
        while (at := self.text.find("{{", self.at)) >= 0:
            if comment := words.COMMENT.match(self.text, at):
                self.at = comment.end()
                continue
            opening = words.OPENING.match(self.text, at)
            self.at = opening.end() if opening else at
            if words.COMMENTED.match(self.text, self.at):
                raise ValueError("a comment in it is not closed")
            return True
        return False

    def peek(self) -> words.Token:
        found = words.TOKEN.match(self.text, self.at)
        if found is None:
            what = self.text[self.at : self.at + 10]
            raise ValueError(f"it cannot be read from {what} on" if what else "an action is not closed")
        return words.Token(str(found.lastgroup), found.group())

    def step(self) -> words.Token:
        token = self.peek()
        self.at += len(token.written)
        return token

    def skip_space(self) -> words.Token:
        """Return the next token that is no space; it stays the next one."""
        while (token := self.peek()).kind == "space":
            self.step()
        return token

    def need(self, kind: str) -> words.Token:
        if self.skip_space().kind != kind:
            self.refuse()
        return self.step()

    def refuse(self) -> None:
        raise ValueError(f"unexpected {self.peek().written}")

    def deeper(self, by: int) -> None:
        self.deep += by
        if self.deep > _DEEPEST:
            raise ValueError(f"it is more than {_DEEPEST} levels deep")

    def action(self, top: bool = False) -> str:
        """Read an action; return what closes a block (end, else, and "else if" before its condition), or ""."""
        word = self.skip_space()
        keyword = word.written if word.kind == "word" and word.written in words.KEYWORDS else ""
        if keyword:
            self.step()
        else:
            self.pipeline("end")
        if keyword in ("if", "with", "range"):
            self.control(keyword)
        elif keyword in ("break", "continue"):
            self.need("end")
            if not self.ranges:
                raise ValueError(f"{{{{{keyword}}}}} stands outside a range")
        elif keyword == "else" and (following := self.skip_space().written) in ("if", "with"):
            return f"else {following}"
        elif keyword in ("end", "else"):
            self.need("end")
            return keyword
        elif keyword:
            self.named(keyword, top)
        return ""

    def named(self, keyword: str, top: bool) -> None:
        quantities.unquote(self.need("text").written)
        if keyword == "define" and not top:
            raise ValueError("define stands inside another block")
        if keyword == "define" or (keyword == "template" and self.skip_space().kind == "end"):
            self.need("end")
        else:
            self.pipeline("end")
        if keyword != "template":
            outer = self.variables, self.ranges
            self.variables, self.ranges = ["$"], 0
            self.body("end", moves=True)
            self.variables, self.ranges = outer

    def control(self, keyword: str) -> None:
        known = len(self.variables)
        closed = self.branch(keyword)
        while keyword != "range" and closed == f"else {keyword}":
            self.step()
            closed = self.branch(keyword)
        if closed == "else":
            self.body("end")
        elif closed != "end":
            raise ValueError(f"unexpected {{{{{closed}}}}}")
        del self.variables[known:]

    def branch(self, keyword: str) -> str:
        self.pipeline("end", keyword)
        self.ranges += keyword == "range"
        closed = self.body("end", "else", "else if", "else with", moves=keyword != "if")
        self.ranges -= keyword == "range"
        return closed

    def body(self, *closing: str, moves: bool = False) -> str:
        """Read up to what closes a block, and return it; some blocks move the dot away from the labels."""
        self.deeper(1)
        self.moved += moves
        while self.enter():
            if kind := self.action():
                if kind not in closing:
                    raise ValueError(f"unexpected {{{{{kind}}}}}")
                self.deeper(-1)
                self.moved -= moves
                return kind
        raise ValueError("an {{end}} is missing")

    def pipeline(self, end: str, context: str = "") -> None:
        """Read declarations and commands, up to the end of the action or a closing parenthesis."""
        self.declare(context)
        commands = 0
        while True:
            token = self.skip_space()
            if end in (token.kind, token.written) and token.kind in ("end", "mark"):
                break
            if token.kind in ("end", "mark") and token.written != "(":
                self.refuse()
            kind = self.command()
            if commands and kind in words.CONSTANTS:
                raise ValueError("it pipes into what is no function")
            commands += 1
        if not commands:
            raise ValueError("a value is missing")
        self.step()

    def declare(self, context: str) -> None:
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

    def command(self) -> str:
        """Read operands with space between them; return the kind of the first."""
        kinds = []
        while True:
            self.skip_space()
            if kind := self.operand():
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

    def operand(self) -> str:
        """Read a term and the fields behind it; return its kind, "" where there is no term."""
        token = self.peek()
        kind = self.term(token)
        if kind and self.peek().kind == "field":
            if kind in words.CONSTANTS:
                raise ValueError(f"{token.written} has no fields")
            if token.written == "$":
                self.labels.append(self.peek().written[1:])
            while self.peek().kind == "field":
                self.step()
        return kind

    def term(self, token: words.Token) -> str:
        if token.written == "(":
            self.step()
            self.deeper(1)
            self.pipeline(")")
            self.deeper(-1)
            return "parentheses"
        if token.kind not in words.TERMS or token.written in words.KEYWORDS:
            return ""
        self.step()
        if token.kind == "word":
            return self.word(token.written)
        if token.kind == "variable" and token.written not in self.variables:
            raise ValueError(f"{token.written} is not declared")
        if token.kind == "field" and not self.moved:
            self.labels.append(token.written[1:])
        if token.kind == "number":
            words.check_number(token.written)
        if token.kind == "text":
            quantities.unquote(token.written)
        return token.kind

    def word(self, word: str) -> str:
        if word in ("true", "false", "nil"):
            return "constant"
        if word not in words.FUNCTIONS:
            raise ValueError(f"Loki has no function {word}")
        return "function"
