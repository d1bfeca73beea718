"""obskit.yaml: what is accepted, and what a person is told when it is not."""

from __future__ import annotations

import itertools
import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from obskit.config import patterns, yaml_source
from obskit.config.loading import load, schema
from obskit.config.project import Project, duration_seconds
from obskit.exceptions import InputError

BAD = {
    "version of a pack that is a number": (
        "service: {name: shop}\npacks:\n  istio: {version: 1.30}\n",
        "obskit.yaml:3: packs.istio.version must be text, not 1.3; put it in quotes, without which 1.30 is 1.3",
    ),
    "unknown key of a pack": (
        "service: {name: shop}\npacks:\n  istio: {versoin: '1.30'}\n",
        "obskit.yaml:3: unknown key versoin in packs.istio; did you mean version?",
    ),
    "pack that is neither": (
        "service: {name: shop}\npacks: {istio: please}\n",
        "obskit.yaml:2: packs.istio must be true or false or a mapping, not 'please'",
    ),
    "pattern of a pack": (
        "service: {name: shop}\npacks: {redis: {match: {namespace: 'a|*'}}}\n",
        "packs.redis.match.namespace is no regular expression: 'a|*'; there is nothing that the * at character 3",
    ),
    "wait that is for ever": (
        "service: {name: shop}\nalerts: {ObskitShardHot: {for: 99999d}}\n",
        "alerts.ObskitShardHot.for cannot be '99999d'; at most 30d",
    ),
    "unknown key": ("service: {name: shop}\nshard: []\n", "obskit.yaml:2: unknown key shard; did you mean shards?"),
    "unknown nested key": (
        "service:\n  name: shop\n  tema: x\n",
        "obskit.yaml:3: unknown key tema in service; did you mean team?",
    ),
    "wrong type": (
        "service: {name: shop}\nshards:\n  - {set: a, expected: eight}\n",
        "obskit.yaml:3: shards[0].expected must be a whole number, not 'eight'",
    ),
    "negative count": (
        "service: {name: shop}\nshards:\n  - {set: a, expected: -8}\n",
        "obskit.yaml:3: shards[0].expected must be at least 1, not -8",
    ),
    "missing key": ("databases: []\n", "obskit.yaml:1: service is missing; add service"),
    "not one of": (
        "service: {name: shop}\nlogs: {via: pigeon}\n",
        "obskit.yaml:2: logs.via must be one of collector, fluentbit, not 'pigeon'",
    ),
    "bad duration": (
        "service: {name: shop}\nintervals:\n  export: 5 s\n",
        "obskit.yaml:3: intervals.export cannot be '5 s'; write a duration",
    ),
    "zero interval": (
        "service: {name: shop}\nintervals:\n  scrape: 0s\n",
        "obskit.yaml:3: intervals.scrape cannot be '0s'",
    ),
    "quote in a name": ("service: {name: 'shop\"}) or up'}\n", "obskit.yaml:1: service.name cannot be"),
    "line break after a name": (
        'service:\n  name: "shop\\n"\n',
        "obskit.yaml:2: service.name cannot be 'shop\\n'; remove the control character",
    ),
    "line break in a key": (
        'service: {name: shop}\nalerts: {"A\\n": {enabled: false}}\n',
        "obskit.yaml:2: alerts cannot be 'A\\n'; remove the control character",
    ),
    "quote in a URL": (
        "service: {name: shop}\nbackends: {loki: 'http://x\"y'}\n",
        "obskit.yaml:2: backends.loki cannot be",
    ),
    "empty file": ("", "obskit.yaml: the file is empty"),
    "only a comment": ("# nothing\n", "obskit.yaml: the file is empty"),
    "a list": ("- 1\n", "obskit.yaml:1: the file must be a mapping, not [1]"),
    "broken YAML": ("service: [name\n", "obskit.yaml:2: not valid YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", "not valid YAML"),
    "duplicate key": (
        "service: {name: a}\nservice: {name: b}\n",
        "obskit.yaml:2: key service is given twice (first on line 1)",
    ),
    "a code tag": (
        "service: !!python/object/apply:os.system [id]\n",
        "obskit.yaml:1: tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
    ),
    "an alias": ("a: &a [x]\nb: [*a, *a]\n", "obskit.yaml:2: alias *a is not allowed"),
    "deep nesting": ("[" * 100_000, "the nesting is too deep"),
    "a key that is no text": ("on: 1\n", 'obskit.yaml:1: key on is not text; quote it: "on"'),
    "a number of base sixty": (
        "service: {name: shop}\ncollector: {memory: 1:30:00}\n",
        "obskit.yaml:2: 1:30:00 is not a plain number; write it in plain digits",
    ),
    "a number of 5000 digits": (
        f"service: {{name: shop}}\ncollector: {{memory: {'9' * 5000}}}\n",
        "obskit.yaml:2: 9999999999999999999999999999999999999… is not a plain number",
    ),
    "too much memory": (
        "service: {name: shop}\ncollector: {memory: 99999999}\n",
        "obskit.yaml:2: collector.memory must be at most 1048576, not 99999999",
    ),
    "a version of many digits": (
        f"service: {{name: shop}}\ncollector: {{version: {'9' * 5000}.0.0}}\n",
        "obskit.yaml:2: collector.version cannot be",
    ),
    "a port that is none": (
        "service: {name: shop}\nbackends: {loki: 'http://loki:99999'}\n",
        "obskit.yaml:2: backends.loki cannot be 'http://loki:99999'; its host or its port is not valid",
    ),
    "an address that is none": (
        "service: {name: shop}\nbackends: {prometheus: 'http://[1::2::3]:9090'}\n",
        "obskit.yaml:2: backends.prometheus cannot be 'http://[1::2::3]:9090'",
    ),
    "a URL without a host": (
        "service: {name: shop}\nbackends: {loki: 'http:///x'}\n",
        "obskit.yaml:2: backends.loki cannot be 'http:///x'",
    ),
    "one set twice": (
        "service: {name: shop}\nshards:\n- {set: a, expected: 8}\n- {set: a, expected: 9}\n",
        "obskit.yaml:4: shards[1].set is 'a' again; describe each set once",
    ),
    "one group label twice": (
        "service: {name: shop}\ngroup_labels: [cluster, cluster]\n",
        "obskit.yaml:2: group_labels[1] is 'cluster' again; list each label once",
    ),
    "a label that Prometheus keeps for itself": (
        "service: {name: shop}\nalerts: {ObskitShardHot: {labels: {__name__: x}}}\n",
        'obskit.yaml:2: alerts.ObskitShardHot.labels: "__name__" does not match',
    ),
    "a template that is not closed": (
        'service: {name: shop}\nalerts:\n  ObskitShardHot:\n    annotations: {summary: "{{ $labels.shard"}\n',
        "obskit.yaml:4: alerts.ObskitShardHot.annotations.summary is no template: {{ stands without its other",
    ),
    "a template of a variable that does not exist": (
        'service: {name: shop}\nalerts:\n  ObskitShardHot:\n    annotations: {note: "{{ $lables.shard }}"}\n',
        "obskit.yaml:4: alerts.ObskitShardHot.annotations.note is no template: there is no variable $lables",
    ),
    "a template that calculates": (
        'service: {name: shop}\nalerts:\n  ObskitShardHot:\n    annotations: {note: "{{ $value * 100 }}%"}\n',
        "obskit.yaml:4: alerts.ObskitShardHot.annotations.note is no template: * has no meaning here; templates do not",
    ),
    "an objective that leaves no share": (
        "service: {name: shop}\nslo: {availability: 99.99999999999}\n",
        "obskit.yaml:2: slo.availability must be at most 99.9999999, not 99.99999999999; meaning: Per cent of",
    ),
    "an objective that leaves nothing": (
        "service: {name: shop}\nslo: {latency: {objective: 100}}\n",
        "obskit.yaml:2: slo.latency.objective must be at most 99.9999999, not 100; meaning: Per cent of",
    ),
    "a duration longer than any": (
        "service: {name: shop}\nalerts: {ObskitShardHot: {for: 999999d}}\n",
        "obskit.yaml:2: alerts.ObskitShardHot.for cannot be '999999d'; write a duration",
    ),
    "not a number": (
        "service: {name: shop}\nalerts: {A: {params: {x: .nan}}}\n",
        "obskit.yaml:2: .nan is not a plain number; write it in plain digits",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_message_with_place_value_and_remedy(
    tmp_path: Path, monkeypatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("obskit.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        load(Path("obskit.yaml"))
    assert message in str(caught.value)
    assert "; " in str(caught.value), "a remedy follows the problem"


def test_several_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "obskit.yaml"
    file.write_text("service: {name: shop, x: 1}\nlogs: {via: y}\n")
    with pytest.raises(InputError) as caught:
        load(file)
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "unknown key x in service; known",
        "logs.via must be one of collector, fluentbit, not 'y'; meaning",
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda _: None,
        lambda p: p.mkdir(),
        lambda p: p.write_bytes(b"a: \xff"),
        lambda p: p.write_bytes(b"#" * (2 << 20)),
    ],
)
def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path: Path, make) -> None:
    file = tmp_path / "obskit.yaml"
    make(file)
    with pytest.raises(InputError, match=r"obskit\.yaml: .+; .+"):
        load(file)


def test_every_key_but_the_name_of_the_service_is_optional(tmp_path: Path) -> None:
    file = tmp_path / "obskit.yaml"
    file.write_text("service: {name: shop}\n")
    project, _ = load(file)
    assert project.job == "default/shop"
    assert project.container == "shop"


def test_the_example_of_the_documentation_loads() -> None:
    project, document = load(Path(__file__).parent.parent / "examples/shop/obskit.yaml")
    assert project.service.name == "shop"
    assert document.place_of("service.name") is not None


def test_a_place_is_found_for_what_is_inside_a_setting(tmp_path: Path) -> None:
    document = yaml_source.parse("alerts:\n  ObskitX:\n    for: 5s\n", "f.yaml")
    assert document.place_of("alerts.ObskitX.for") == "f.yaml:3"
    assert document.place(("alerts", "ObskitX", "params", "odds")) == "f.yaml:2"
    assert document.place_of("alerts.Nope") is None


def test_the_schema_is_one_that_validators_accept() -> None:
    import jsonschema_rs

    jsonschema_rs.meta.validate(schema())
    assert jsonschema_rs.is_valid(schema(), {"service": {"name": "shop"}})
    assert not jsonschema_rs.is_valid(schema(), {"service": {}})


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5), ("1m30s", 90), ("1h", 3600), ("2d", 172800), ("0s", 0)])
def test_durations_are_prometheus_durations(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "5s5m", "-5s", "5ms"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration_seconds(text)


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_raise_anything_but_an_input_error(text: str) -> None:
    try:
        yaml_source.parse(text, "f.yaml")
    except InputError as error:
        assert str(error).startswith("f.yaml")


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*Project.__struct_fields__, "name", "set", "x"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(_plain)
def test_no_data_makes_loading_raise_anything_but_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, data: object
) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "obskit.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        load(file)
    except InputError as error:
        assert str(error)


_PATTERNS = st.text(alphabet="ab.*+|", max_size=6).filter(lambda text: not re.search(r"(?:^|[|*+])[*+]", text))
_VALUES = ["".join(letters) for length in range(9) for letters in itertools.product("ab", repeat=length)]


@given(_PATTERNS, _PATTERNS)
def test_patterns_overlap_where_some_value_matches_both(one: str, other: str) -> None:
    both = [value for value in _VALUES if re.fullmatch(one, value) and re.fullmatch(other, value)]
    assert patterns.overlap({"job": one}, {"job": other, "x": "y"}) == bool(both)


def test_the_longest_patterns_are_compared_at_once() -> None:
    start = time.process_time()
    assert not patterns.overlap({"job": "a*" * 126 + "b"}, {"job": "a*" * 126 + "c"})
    assert not patterns.overlap({"job": "|".join("b" * 127)}, {"job": "|".join("a" * 127)})
    assert time.process_time() - start < 5
