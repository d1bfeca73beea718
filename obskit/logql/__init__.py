"""LogQL, the query language of Loki, read into a tree.

`parse` accepts what Loki 3.7 runs and refuses what it refuses, with the place and a reason: expressions, patterns,
templates, paths and addresses within the query are checked as Loki checks them.

Example:
    >>> from obskit.logql import labels_of, parse, windows
    >>> query = parse('sum by (pod) (rate({app="shop"} |= "error" | json [5m]))')
    >>> windows(query), sorted(labels_of(query))
    ((300.0,), ['pod'])
"""

from obskit.logql.analysis import labels_of, walk, windows
from obskit.logql.errors import LogQLError
from obskit.logql.lines import (
    AddressMatch,
    Assignment,
    Combination,
    Comparison,
    Decolorize,
    Drop,
    Extraction,
    JsonParser,
    Keep,
    LabelFilter,
    LabelFormat,
    LineFilter,
    LineFormat,
    LineMatch,
    LogfmtParser,
    LogQuery,
    Matcher,
    Name,
    Node,
    PatternParser,
    RegexpParser,
    Selector,
    Unpack,
    Unwrap,
)
from obskit.logql.parser import parse
from obskit.logql.samples import (
    BinaryOperation,
    Expression,
    Grouping,
    LabelReplace,
    Literal,
    LogRange,
    Matching,
    RangeAggregation,
    Variants,
    Vector,
    VectorAggregation,
)
from obskit.logql.writing import text_of

__all__ = [
    "AddressMatch",
    "Assignment",
    "BinaryOperation",
    "Combination",
    "Comparison",
    "Decolorize",
    "Drop",
    "Expression",
    "Extraction",
    "Grouping",
    "JsonParser",
    "Keep",
    "LabelFilter",
    "LabelFormat",
    "LabelReplace",
    "LineFilter",
    "LineFormat",
    "LineMatch",
    "Literal",
    "LogQLError",
    "LogQuery",
    "LogRange",
    "LogfmtParser",
    "Matcher",
    "Matching",
    "Name",
    "Node",
    "PatternParser",
    "RangeAggregation",
    "RegexpParser",
    "Selector",
    "Unpack",
    "Unwrap",
    "Variants",
    "Vector",
    "VectorAggregation",
    "labels_of",
    "parse",
    "text_of",
    "walk",
    "windows",
]
