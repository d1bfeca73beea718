"""``obskit.yaml`` from disk to :class:`~obskit.config.project.Project`, or one message that says what to change."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import msgspec

from obskit.config import sanity
from obskit.config.project import DURATION_END, Project
from obskit.config.yaml_source import Document, Path_, read, spell
from obskit.exceptions import InputError

#: What a person reads for the types of JSON Schema.
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def load(file: Path) -> tuple[Project, Document]:
    """Read and validate a project.

    Args:
        file: Path of ``obskit.yaml``.

    Returns:
        The project, and the document that knows on which line everything is.

    Raises:
        InputError: The file cannot be used. Several problems are several lines of one message.
    """
    document = read(file)
    _refuse_control_characters(document, document.data, ())
    try:
        project = msgspec.convert(document.data, Project)
    except msgspec.ValidationError as error:
        raise _explain(document, error) from None
    found = [
        InputError(problem, place=document.place_of(setting) or document.file, remedy=remedy)
        for setting, problem, remedy in sanity.problems(project)
    ]
    if found:
        raise _joined(found)
    return project, document


def schema() -> dict[str, Any]:
    """Return the JSON Schema of ``obskit.yaml``, for editors and other validators.

    Example:
        >>> schema()["title"]
        'obskit.yaml'
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "obskit.yaml",
        **msgspec.json.schema(Project),
    }


def _refuse_control_characters(document: Document, value: Any, path: Path_) -> None:
    """Only annotations are free text; the patterns of the model let a final line break pass, as ``$`` does."""
    if isinstance(value, str) and "annotations" not in path and not value.isprintable():
        raise _error(document, path, f"{spell(path)} cannot be {_shown(value)}", "remove the control character")
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if isinstance(key, str):
            _refuse_control_characters(document, key, path)
        _refuse_control_characters(document, child, (*path, key))


def _explain(document: Document, error: msgspec.ValidationError) -> InputError:
    import jsonschema_rs  # here, since it costs as much as the rest of the start and only errors need it

    description = schema()
    problems: dict[tuple[int, str], InputError] = {}
    for found in jsonschema_rs.validator_for(description).iter_errors(document.data):
        for problem in _problems(document, description, found):
            problems[_line(problem), str(problem)] = problem
    ordered = [problems[key] for key in sorted(problems)]
    if not ordered:  # a rule that only the model knows
        return InputError(str(error), place=document.file, remedy="see obskit schema")
    return _joined(ordered)


def _joined(problems: list[InputError]) -> InputError:
    return problems[0] if len(problems) == 1 else InputError("\n".join(map(str, problems)))


def _line(problem: InputError) -> int:
    return int(problem.place.rpartition(":")[2])


def _problems(document: Document, description: dict[str, Any], found: Any, above: Path_ = ()) -> list[InputError]:
    path: Path_ = (*above, *found.instance_path)
    kind = found.kind
    node = _node(description, list(found.schema_path)[:-1])
    where = spell(path) or "the file"
    if kind.name == "additionalProperties":
        known = sorted(node.get("properties", {}))
        return [_unknown_key(document, path, key, known) for key in kind.unexpected]
    if kind.name == "anyOf":
        return _problems_of_choice(document, description, node["anyOf"], found.instance, path)
    if kind.name == "required":
        missing = spell((*path, kind.property))
        return [_error(document, path, f"{missing} is missing", f"add {missing}")]
    value = _shown(found.instance)
    hint = node.get("description", "").rstrip(".")
    remedy = f"meaning: {hint}" if hint else "see obskit schema"
    if kind.name == "type":
        expected = " or ".join(_TYPES[t] for t in kind.types)
        if kind.types == ["string"] and type(found.instance) in (int, float):
            quoted = f"put it in quotes, without which 1.30 is 1.3; {remedy}"
            remedy = _pattern_remedy(node, quoted) if node.get("pattern", "").endswith(DURATION_END) else quoted
        return [_error(document, path, f"{where} must be {expected}, not {value}", remedy)]
    if kind.name == "enum":
        return [
            _error(document, path, f"{where} must be one of {', '.join(map(str, kind.options))}, not {value}", remedy)
        ]
    if kind.name in ("minimum", "maximum"):
        bound = "at least" if kind.name == "minimum" else "at most"
        return [_error(document, path, f"{where} must be {bound} {kind.limit}, not {value}", remedy)]
    if kind.name in ("pattern", "minLength", "maxLength"):
        return [_error(document, path, f"{where} cannot be {value}", _pattern_remedy(node, remedy))]
    return [_error(document, path, f"{where}: {found.message}", remedy)]


def _problems_of_choice(
    document: Document, description: dict[str, Any], choices: list[dict[str, Any]], value: Any, path: Path_
) -> list[InputError]:
    """Explain a value that is none of what it may be: by the mapping that it tried to be, or by all types."""
    import jsonschema_rs

    resolved = [description["$defs"][c["$ref"].rpartition("/")[2]] if "$ref" in c else c for c in choices]
    own = next((choice for choice in resolved if isinstance(value, dict) and choice.get("type") == "object"), None)
    if own is None:
        expected = " or ".join(_TYPES[choice["type"]] for choice in resolved)
        problem = f"{spell(path)} must be {expected}, not {_shown(value)}"
        return [_error(document, path, problem, "see obskit schema")]
    within = {**own, "$defs": description["$defs"]}
    errors = jsonschema_rs.validator_for(within).iter_errors(value)
    return [problem for found in errors for problem in _problems(document, within, found, path)]


def _pattern_remedy(node: dict[str, Any], remedy: str) -> str:
    pattern = node.get("pattern", "")
    if pattern.endswith(DURATION_END):
        return "write a duration longer than nothing, such as 5s, 90s or 1m30s"
    return f"it must match {pattern}; {remedy}" if pattern else remedy


def _unknown_key(document: Document, path: Path_, key: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(key, known, n=1)
    inside = f" in {spell(path)}" if path else ""
    remedy = f"did you mean {near[0]}? " if near else ""
    return _error(document, (*path, key), f"unknown key {key}{inside}", f"{remedy}known: {', '.join(known)}".strip())


def _error(document: Document, path: Path_, problem: str, remedy: str) -> InputError:
    return InputError(problem, place=document.place(path), remedy=remedy)


def _node(description: dict[str, Any], schema_path: list[str | int]) -> dict[str, Any]:
    node: Any = description
    for part in schema_path:
        node = node[part]
    return node if isinstance(node, dict) else {}


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
