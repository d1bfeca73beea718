"""Shards: what a map is, what is counted, and what went wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy
from observed import count
from programs import python
from sqlalchemy.ext.horizontal_shard import ShardedSession, set_shard_id
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import obskit
from obskit.catalogue import shards
from obskit.exceptions import InputError
from obskit.testing import Recorded


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)


def test_a_sharded_session_is_counted_by_shard_and_shards_without_traffic_are_at_zero(
    recorded: Recorded, tmp_path: Any
) -> None:
    names = ("s0", "s1", "s2")
    engines = {name: sqlalchemy.create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in names}
    obskit.shards("items", engines, version="1")
    for engine in engines.values():
        Base.metadata.create_all(engine)
    session = ShardedSession(
        shards=engines,
        shard_chooser=lambda _mapper, instance, _clause=None: f"s{instance.id % 2}",
        identity_chooser=lambda *_, **__: list(engines),
        execute_chooser=lambda _: list(engines),
    )
    before = {name: count(recorded, shards.OPERATIONS, shard_set="items", shard=name) for name in names}
    with session:
        session.add(Item(id=4))
        session.commit()
        session.scalars(sqlalchemy.select(Item).options(set_shard_id("s1"))).all()
    after = {name: count(recorded, shards.OPERATIONS, shard_set="items", shard=name) for name in names}
    assert after["s0"] - before["s0"] == 1  # the insert
    assert after["s1"] - before["s1"] == 1  # the select
    assert after["s2"] - before["s2"] == 0
    assert any(("shard", "s2") in key for key in recorded.points(shards.OPERATIONS.name))
    assert {span.attributes[shards.SPAN_SHARD.name] for span in recorded.spans if span.name.startswith("SELECT")} >= {
        "s1"
    }
    durations = recorded.points(shards.OPERATION_DURATION.name)
    took = {name: durations[(shards.SHARD.name, name), (shards.SHARD_SET.name, "items")] for name in names}
    assert [took[name].count for name in names] == [1, 1, 0]
    assert 0 < took["s0"].sum < 5
    for engine in engines.values():
        engine.dispose()


def ask_every_shard_of(engines: dict[str, sqlalchemy.Engine]) -> None:
    session = ShardedSession(
        shards=engines,
        shard_chooser=lambda *_, **__: "0",
        identity_chooser=lambda *_, **__: list(engines),
        execute_chooser=lambda _: list(engines),
    )
    with session:
        session.execute(sqlalchemy.text("select 1"))
    for engine in engines.values():
        engine.dispose()


def test_two_sets_that_call_their_shards_alike_are_told_apart_by_address(recorded: Recorded, tmp_path: Any) -> None:
    sets = {
        name: {n: sqlalchemy.create_engine(f"sqlite:///{tmp_path}/{name}{n}.db") for n in "01"}
        for name in ("alike-a", "alike-b")
    }
    for name, engines in sets.items():
        obskit.shards(name, engines)
    ask_every_shard_of(sets["alike-b"])
    assert count(recorded, shards.OPERATIONS, shard_set="alike-b") == 2
    assert count(recorded, shards.OPERATIONS, shard_set="alike-a") == 0


def test_shards_that_nobody_declared_are_counted_but_are_no_map_that_could_differ(
    recorded: Recorded, tmp_path: Any
) -> None:
    before = count(recorded, shards.OPERATIONS, shard_set="default")
    for name in ("undeclared-a", "undeclared-b"):
        engines = {f"u{n}": sqlalchemy.create_engine(f"sqlite:///{tmp_path}/{name}{n}.db") for n in "01"}
        ask_every_shard_of(engines)
    assert count(recorded, shards.OPERATIONS, shard_set="default") == before + 4
    for metric in (shards.MAP_INFO, shards.MAP_SHARDS):
        assert not [key for key in recorded.points(metric.name) if (shards.SHARD_SET.name, "default") in key]


def test_an_operation_on_a_shard_that_does_not_own_its_key_is_misrouted(recorded: Recorded) -> None:
    carts = obskit.shards("carts", ["0", "1"], owner=lambda key: str(key % 2))
    carts.record("1", key=7)
    assert count(recorded, shards.MISROUTED, shard_set="carts") == 0
    carts.record("0", key=7)
    assert count(recorded, shards.MISROUTED, shard_set="carts", shard="0") == 1
    assert count(recorded, shards.OPERATIONS, shard_set="carts") == 2


def test_shards_that_no_map_names_share_one_series(recorded: Recorded) -> None:
    some = obskit.shards("some", ["0"])
    for number in range(100):
        some.record(f"unknown-{number}")
    keys = [key for key in recorded.points(shards.OPERATIONS.name) if ("shard_set", "some") in key]
    assert len(keys) == 2
    assert count(recorded, shards.OPERATIONS, shard_set="some", shard=shards.UNDECLARED) == 100


@pytest.mark.parametrize(
    "other",
    [
        "postgresql://me:other@db0:5432/orders",
        "postgresql+psycopg://db0:5432/orders?password=rotated",
        "postgresql:///orders?host=db0&port=5432",
        "db0:5432/orders",
        sqlalchemy.make_url("postgresql://me@db0:5432/orders"),
        sqlalchemy.make_url("postgresql:///orders?host=db0&port=5432"),
    ],
)
def test_a_map_has_the_same_hash_however_its_addresses_are_written(other: object) -> None:
    assert obskit.shards("h", {"0": other}).hash == obskit.shards("h", {"0": "postgresql://me:x@db0:5432/orders"}).hash


@pytest.mark.parametrize(
    "other",
    [
        {"1": "db1/o", "0": "db0/o"},
        {"0": "db1/o", "1": "db0/o"},
        {"0": "db0:5433/o", "1": "db1/o"},
        {"0": "postgresql:///o?host=db2", "1": "db1/o"},
        {"0": "db0/o", "1": "db1/o", "2": "db2/o"},
    ],
)
def test_a_map_has_another_hash_when_its_order_or_a_place_changes(other: dict[str, str]) -> None:
    assert obskit.shards("h", other).hash != obskit.shards("h", {"0": "db0/o", "1": "db1/o"}).hash


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({0: "a", "0": "b"}, "a shard is named twice"),
        (["0", "0"], "a shard is named twice"),
        ([], "a map of 0 shards"),
        ("01", "shards cannot be '01'"),
        ({"0": "postgresql://me:secret@db0:x/o"}, "the address of a shard is no URL"),
    ],
)
def test_a_map_that_is_none_is_one_clear_error_without_passwords(declared: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        obskit.shards("h", declared)
    assert "secret" not in str(caught.value)


def test_a_first_operation_on_a_shard_that_nobody_declared_can_be_seen_as_an_increase(recorded: Recorded) -> None:
    some = obskit.shards("first", ["0"], owner=lambda _: "0")
    labels = {"shard_set": "first", "shard": shards.UNDECLARED}
    assert (("shard", shards.UNDECLARED), ("shard_set", "first")) in recorded.points(shards.MISROUTED.name)
    some.record("9", key=1)
    assert count(recorded, shards.MISROUTED, **labels) == 1


def test_a_query_that_fails_counts_among_the_errors_of_its_shard_alone(recorded: Recorded) -> None:
    engines = {name: sqlalchemy.create_engine("sqlite://") for name in ("f0", "f1")}
    obskit.shards("failed", engines)
    session = ShardedSession(
        shards=engines,
        shard_chooser=lambda *_, **__: "f0",
        identity_chooser=lambda *_, **__: list(engines),
        execute_chooser=lambda _: ["f1"],
    )
    with session, pytest.raises(sqlalchemy.exc.OperationalError):
        session.execute(sqlalchemy.text("select * from nothing"))
    for engine in engines.values():
        engine.dispose()
    labels = {"shard_set": "failed", "error_type": "OperationalError"}
    assert count(recorded, shards.OPERATION_DURATION, shard="f1", **labels) == 1
    assert count(recorded, shards.OPERATION_DURATION, shard="f0", **labels) == 0
    assert count(recorded, shards.OPERATION_DURATION, shard_set="failed") == 1


def test_what_runs_in_an_operation_is_counted_and_timed_also_when_it_fails(recorded: Recorded) -> None:
    timed = obskit.shards("timed", ["0", "1"], owner=lambda key: str(key % 2))
    with timed.operation("1", key=7):
        time.sleep(0.05)
    with pytest.raises(KeyError, match="gone"), timed.operation("0", key=7):
        raise KeyError("gone")
    points = recorded.points(shards.OPERATION_DURATION.name)
    assert 0.05 <= points[(shards.SHARD.name, "1"), (shards.SHARD_SET.name, "timed")].sum < 5
    assert count(recorded, shards.OPERATION_DURATION, shard_set="timed", error_type="KeyError", shard="0") == 1
    assert count(recorded, shards.OPERATIONS, shard_set="timed") == 2
    assert count(recorded, shards.MISROUTED, shard_set="timed", shard="0") == 1


def test_operations_are_timed_by_a_meter_provider_that_was_there_first() -> None:
    done = python(
        """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        reader = InMemoryMetricReader()
        metrics.set_meter_provider(MeterProvider([reader]))
        import obskit
        obskit.init(service_name="shop", exit_budget=0.1)
        with obskit.shards("orders", ["0", "1"]).operation("1"):
            pass
        (resource,) = reader.get_metrics_data().resource_metrics
        found = {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}
        (point,) = found["obskit.shard.operation.duration"].data.data_points
        assert (point.count, dict(point.attributes)) == (1, {"shard_set": "orders", "shard": "1"})
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
    )
    assert done.returncode == 0, done.stderr


def test_an_owner_function_that_fails_costs_nothing_but_the_check(recorded: Recorded) -> None:
    def owner(key: object) -> str:
        raise KeyError(key)

    some = obskit.shards("failing", ["0"], owner=owner)
    for key in range(30):
        some.record("0", key=key)
    assert count(recorded, shards.OPERATIONS, shard_set="failing", shard="0") == 30
    assert count(recorded, shards.MISROUTED, shard_set="failing") == 0
