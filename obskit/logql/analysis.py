"""What a tree says of its query: its parts, its windows, the labels of its result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from obskit.logql import lines, samples

#: Labels that a result can have; None where that cannot be known.
Labels = frozenset[str] | None

_CHOOSING = {"topk", "bottomk", "approx_topk", "sort", "sort_desc"}


def walk(node: lines.Node) -> Iterator[lines.Node]:
    """Yield a node and all below it, each before what is within it, from left to right.

    Example:
        >>> from obskit.logql import Comparison, Matcher, parse
        >>> query = parse('{app="shop"} | level="error" or size > 10KB')
        >>> [node.name for node in walk(query) if isinstance(node, (Matcher, Comparison))]
        ['app', 'level', 'size']
    """
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        below = [value for name in one.__struct_fields__ for value in _each(getattr(one, name))]
        waiting.extend(reversed(below))


def _each(value: object) -> Iterator[lines.Node]:
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, lines.Node):
            yield one


def windows(node: lines.Node) -> tuple[float, ...]:
    """Return the windows of a query in seconds, from left to right; an ``offset`` is not in them.

    Example:
        >>> from obskit.logql import parse
        >>> windows(parse('rate({a="b"}[5m]) / rate({a="b"}[1h])'))
        (300.0, 3600.0)
    """
    return tuple(one.window for one in walk(node) if isinstance(one, samples.LogRange))


def is_number(node: samples.Expression) -> bool:
    """Return whether an expression is a number, or made of numbers alone."""
    waiting: list[samples.Expression] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, samples.BinaryOperation):
            waiting += (one.left, one.right)
        elif not isinstance(one, samples.Literal):
            return False
    return True


def labels_of(node: samples.Expression) -> Labels:
    """Return the labels that a result can have, or None where every label of the streams and their fields may be one.

    Source: https://grafana.com/docs/loki/latest/query/metric_queries/.

    Example:
        >>> from obskit.logql import parse
        >>> sorted(labels_of(parse('sum by (pod, level) (rate({app="shop"} | json [5m]))')))
        ['level', 'pod']
        >>> labels_of(parse('rate({app="shop"}[5m])')) is None
        True
    """
    if isinstance(node, lines.LogQuery):
        return _of_stages(node.stages)
    if isinstance(node, samples.RangeAggregation):
        return _of_range(node)
    if isinstance(node, samples.VectorAggregation):
        inner = labels_of(node.operand)
        if node.function in _CHOOSING:
            return inner
        return _grouped(node.grouping, inner) if node.grouping else frozenset()
    if isinstance(node, samples.BinaryOperation):
        return _of_binary(node)
    if isinstance(node, samples.LabelReplace):
        return _plus(labels_of(node.operand), {node.target})
    return None if isinstance(node, samples.Variants) else frozenset()


def _names(labels: Iterable[lines.Name | lines.Matcher]) -> frozenset[str]:
    return frozenset(label.name for label in labels)


def _plus(labels: Labels, more: Iterable[str]) -> Labels:
    return None if labels is None else labels | set(more)


def _minus(labels: Labels, less: Iterable[str]) -> Labels:
    return None if labels is None else labels - set(less)


def _within(labels: Labels, bounds: frozenset[str]) -> Labels:
    return bounds if labels is None else labels & bounds


def _grouped(grouping: samples.Grouping, labels: Labels) -> Labels:
    named = _names(grouping.labels)
    return _minus(labels, named) if grouping.without else _within(labels, named)


def _of_stages(stages: Iterable[lines.Stage]) -> Labels:
    """The labels behind the stages: known once one keeps only some, and until one makes labels of every field."""
    labels: Labels = None
    for stage in stages:
        if isinstance(stage, lines.Keep):
            labels = _within(labels, _names(stage.labels))
        elif isinstance(stage, lines.Drop):
            labels = _minus(labels, (label.name for label in stage.labels if isinstance(label, lines.Name)))
        elif isinstance(stage, lines.LabelFormat):
            renamed = (one.value for one in stage.assignments if one.renames)
            labels = _plus(_minus(labels, renamed), (one.label for one in stage.assignments))
        elif isinstance(stage, (lines.JsonParser, lines.LogfmtParser)):
            extracted = _extracted(labels, (one.label for one in stage.extractions))
            labels = extracted if stage.extractions else None
        elif isinstance(stage, (lines.RegexpParser, lines.PatternParser)):
            labels = _extracted(labels, stage.labels)
        elif isinstance(stage, lines.Unpack):
            labels = None
    return labels


def _extracted(labels: Labels, names: Iterable[str]) -> Labels:
    """What a parser extracts gets another name where a label of the stream has that name."""
    return None if labels is None else _plus(labels, (n for name in names for n in (name, f"{name}_extracted")))


def _of_range(node: samples.RangeAggregation) -> Labels:
    query, unwrap = node.range.query, node.range.unwrap
    if node.function == "absent_over_time":
        names = [matcher.name for matcher in query.selector.matchers]
        return frozenset(m.name for m in query.selector.matchers if m.operator == "=" and names.count(m.name) == 1)
    labels = _minus(_of_stages(query.stages), {unwrap.label} if unwrap else ())
    return _grouped(node.grouping, labels) if node.grouping else labels


def _of_binary(node: samples.BinaryOperation) -> Labels:
    left, right = labels_of(node.left), labels_of(node.right)
    if node.operator == "or":
        return None if left is None or right is None else left | right
    if is_number(node.left):
        return right
    matching = node.matching
    if matching is None or node.operator in ("and", "unless"):
        return left
    if matching.group:
        return _plus(right if matching.group == "right" else left, _names(matching.included))
    named = _names(matching.labels)
    return _within(left, named) if matching.on else _minus(left, named)
