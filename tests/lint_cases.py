"""For each check of the lint: rules that it finds, with words of the message, and rules that it leaves alone.

A text is the expression of an alert; a mapping is a rule, or several with ``group`` around them.
"""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]


def record(expr: str, name: str = "a:b:c", **more: Any) -> Rule:
    return {"record": name, "expr": expr, **more}


def alert(expr: str = "x > 1", **more: Any) -> Rule:
    return {"alert": "A", "expr": expr, **more}


def group(*rules: Rule, **more: Any) -> Rule:
    return {"group": {"rules": list(rules), **more}}


def note(text: str, **labels: str) -> Rule:
    return alert("sum by (job) (x) > 1", annotations={"summary": text}, labels=labels)


BUCKET = "rate(x_bucket[5m])"
INFO = "x * on (pod) group_left (node) kube_pod_info"

#: Check -> ([(rule, words of the message)], [rule]).
CASES: dict[str, tuple[list[tuple[str | Rule, str]], list[str | Rule]]] = {
    "promql-syntax": (
        [
            ("sum(x", "not PromQL"),
            ("sum(x[5m])", "got matrix"),
            ("-" * 500 + "x", "longer or deeper"),
            ("up{", "not PromQL"),
        ],
        ["sum(x) > 1", "rate(x[5m * 2] anchored) > 1_000", 'x{a="("} > 1', "x </ 5 > 1", "x offset (5m + 1m) > 1"],
    ),
    "logql-syntax": (
        [('sum(rate({a="b"} |= "x" [5m)) > 1', "not LogQL"), ('count_over_time({a="b"} | jsn [5m]) > 1', "not LogQL")],
        [
            'sum(rate({a="b"} |= "x" [5m])) > 1',
            'sum by (pod) (count_over_time({a="b"} | json | status >= 500 [5m])) > 1',
        ],
    ),
    "rule-fields": (
        [
            (alert(fro="5m"), "there is no field fro"),
            ({"expr": "x"}, "neither alert nor record is given"),
            (alert(record="a:b:c"), "both alert and record are given"),
            ({"alert": "A"}, "expr is missing"),
            (alert(**{"for": "soon"}), "for: 'soon' is no duration"),
            (record("x", **{"for": "5m"}), "for is for alerts alone"),
            (record("x", annotations={"summary": "a"}), "annotations are for alerts alone"),
            (record("x", name='x{a="b"}'), "a name of a series has no braces"),
            (alert(labels={"a": []}), "labels: a is no text"),
            (alert(labels={"__name__": "a"}), "__name__ is no name of a label"),
            (group(alert(), interval="x"), "interval: 'x' is no duration"),
            (group(alert(), rule=[]), "there is no field rule"),
            (group(alert(), type="loki"), "type: there is no type loki"),
            (group(alert(expr="alias(a.b.c)"), type="graphite"), "1 of its 1 expressions are graphite"),
            (group(alert(expr="error | stats count() as n | filter n:>1"), alert(), type="vlogs"), "2 of its 2"),
            (group(alert(expr="x default 0 > 1"), alert(), concurrency=2), "1 of its 2 expressions are MetricsQL"),
            (group(alert(concurrency=2), concurrency=2), "there is no field concurrency"),
        ],
        [
            alert(**{"for": "0", "keep_firing_for": "1h30m"}),
            record("x", labels={"a": "1", "b": 2}),
            group(alert(), interval="30s", limit=5, labels={"a": "b"}, query_offset="1m"),
            group(alert(), source_tenants=["a"]),
            group(alert(debug=True, update_entries_limit=5), concurrency=2, eval_offset="1m", type="prometheus"),
            group(alert(), eval_delay="10s", eval_alignment=False, params={"a": ["b"]}, tenant="1:2", debug=True),
            group(alert(), headers=["A: b"], notifier_headers=["A: b"], labels={"a": "b"}, limit=3),
        ],
    ),
    "result-type": (
        [
            ("x[5m]", "a range of values"),
            ("x[5m:1m]", "a range of values"),
            ('"x"', "a string"),
            ('{a="b"} |= "x"', "lines of logs"),
        ],
        ["rate(x[5m]) > 1", "1 + 1", 'count_over_time({a="b"} |= "x" [5m]) > 1'],
    ),
    "unavailable-feature": (
        [
            ("limitk(2, x) > 1", "limitk needs --enable-feature=promql-experimental-functions"),
            ("holt_winters(x[5m], 0.5, 0.5) > 1", "3.0 and newer do not have holt_winters"),
            ("x + fill (0) y > 1", "fill(), fill_left() and fill_right() needs"),
            ("rate(x[5m] anchored) > 1", "promql-extended-range-selectors"),
        ],
        ["rate(x[5m]) > 1", "first_over_time(x[5m]) > 1", "rate(x[5m * 2]) > 1", alert(keep_firing_for="5m")],
    ),
    "template-label": (
        [
            (note("{{ $labels.pod }}"), "annotation summary shows the label pod"),
            (note("a", pod="{{ $labels.pod }}"), "label pod shows the label pod"),
            (note("{{ .Labels.pod }}"), "shows the label pod"),
            (note('{{ index $labels "pod" }}'), "shows the label pod"),
            (note("{{ $lables.job }}"), "no template"),
            (note("{{ if $value }}"), "no template"),
            (note("{{ $value * 100 }}%"), "templates do not calculate"),
            (note('{{ $labels["job"] }}'), 'write index $labels "name"'),
            (note("{{ if $value > 1.0 }}high{{ end }}"), "compare with gt"),
            (note(r'{{ reReplaceAll ":\d+" "" $labels.instance }}'), "is no escape"),
            (note('{{ range query "sum(" }}{{ end }}'), "asks a query that is no PromQL"),
            (alert("absent(x) > 0", annotations={"summary": "{{ $labels.job }}"}), "shows the label job"),
            (alert("sum without (pod) (x) > 1", annotations={"summary": "{{ $labels.pod }}"}), "shows the label pod"),
            (
                alert('sum by (a) (rate({b="c"} |= "x" [5m])) > 1', annotations={"summary": "{{ $labels.b }}"}),
                "shows the label b",
            ),
            (
                group(record("sum by (a) (x)"), alert("a:b:c > 1", annotations={"summary": "{{ $labels.b }}"})),
                "shows the label b",
            ),
        ],
        [
            note("{{ $labels.job }} {{ $value }} 80 }} isn't {{ $externalLabels.pod }}"),
            note(r'{{ reReplaceAll ":\\d+" "" $labels.job }} {{ $value | printf "%.2f" }} {{- /* a */ -}}'),
            group(note("{{ $expr | queryEscape }} {{ $activeAt }} {{ (now | toTime).Sub $activeAt }}"), debug=False),
            note("{{ with $labels.pod }}in {{ $labels.pod }}{{ end }}"),
            note('{{ range query "up" }}{{ .Labels.pod }}{{ end }}'),
            alert('absent(x{job="a"})', annotations={"summary": "{{ $labels.job }}"}),
            alert(INFO + " > 1", annotations={"summary": "{{ $labels.node }} {{ $labels.anything }}"}),
            alert('count_values by (job) ("v", x) > 1', annotations={"summary": "{{ $labels.v }}"}),
            alert('label_replace(sum(x), "v", "$1", "", "") > 1', annotations={"summary": "{{ $labels.v }}"}),
            alert("(sum by (a) (x) or sum by (b) (y)) > 1", annotations={"summary": "{{ $labels.b }}"}),
        ],
    ),
    "value-in-label": (
        [
            (alert(labels={"level": "{{ $value }}"}), "label level holds the value"),
            (alert(labels={"level": "{{ .Value | humanize }}"}), "label level holds the value"),
            (alert(labels={"level": '{{ printf "%.1f" $value }}'}), "label level holds the value"),
        ],
        [
            alert(labels={"level": "{{ if gt $value 5.0 }}high{{ else }}low{{ end }}"}),
            alert(annotations={"summary": "{{ $value }}"}),
            alert(labels={"pod": "{{ $labels.pod }}"}),
        ],
    ),
    "alert-without-condition": (
        [
            ("x", "whatever their values: x"),
            ("sum by (a) (rate(x[5m]))", "whatever their values"),
            ("x > bool 5", "whatever their values"),
            ("y > 1 or x", "whatever their values: x"),
            ("a:b:c > 1 or absent(y) or x * 2", "whatever their values: x * 2"),
            (group(record("sum(x)"), alert("a:b:c")), "whatever their values: a:b:c"),
            ('x{state="bad"}', "whatever their values"),
        ],
        [
            "x > 5",
            "absent(x)",
            "vector(1)",
            "x unless y",
            "x and on () y",
            "a:b:c",
            'ALERTS{alertstate="firing"}',
            "count(x == 0)",
            "changes(x[5m]) > 0",
            'x_info{state="bad"}',
            'count by (a) (x{state="bad"})',
            "present_over_time(x[5m])",
            'label_replace(x > 1, "a", "b", "", "")',
            group(record("x > 1"), alert("a:b:c")),
            record("x"),
        ],
    ),
    "impossible-comparison": (
        [
            ("count(up) == 0", "never true: count(up) == 0"),
            ("rate(x[5m]) < 0", "never true"),
            ("up > 1", "never true"),
            ("0 == count by (a) (x)", "never true"),
            ("absent(x) == 0", "never true"),
            ("day_of_week() == 7 and x", "never true"),
            ("x > 5 < 3", "never true"),
            ("x > 5 and x < 3", "no value is both"),
            ("rate(x[5m]) >= 0", "always true"),
            ("sum by (a) (increase(x[5m])) > -1", "always true"),
            ('sum(rate(x{code="500"}[5m])) / sum(rate(x[5m])) > 5', "never true"),
            ('100 * sum(rate(x{code="500"}[5m])) / sum(rate(x[5m])) > 100', "never true"),
            ("clamp_max(x, 5) > 5", "never true"),
            ("(rate(x[5m]) > 1) > 0", "always true"),
        ],
        [
            "(count(up) or vector(0)) == 0",
            "count(up == 0) > 0",
            "absent(x) == 1",
            "rate(x[5m]) == 0",
            "x > 5 and y < 3",
            "x > 5 and on (job) x < 3",
            "x >= 5 and x < 8",
            "hour() >= 20",
            "sum(rate(x[5m])) / sum(rate(y[5m])) > 5",
            'sum(rate(x{code="500"}[5m])) / sum(rate(x{code="200"}[5m])) > 5',
            "x != x",
            "abs(x - 1) > 0.5",
            "time() - x > 60",
            "changes(x[5m]) % 2 == 1",
            "deriv(x[5m]) < 0",
            "x > bool 5 == 0",
        ],
    ),
    "empty-selector": (
        [
            ('x{a="1", a="2"} > 1', "selects nothing"),
            ('x{a="1", a!="1"} > 1', "selects nothing"),
            ('x{a="1", a=~"2|3"} > 1', "selects nothing"),
            ('x{a!~".*"} > 1', "selects nothing"),
        ],
        ['x{a="1", a=~"1|2"} > 1', 'x{a=~"1.*", a=~".*2"} > 1', 'x{a!~"1", a!="2"} > 1', 'x{a="", b="1"} > 1'],
    ),
    "unknown-label": (
        [
            ("sum by (a) (sum by (b) (x)) > 1", "no label a in by () of sum"),
            ("sum by (a) (x) / on (b) sum by (a) (y) > 1", "no label b in on () for either side"),
            ("x / on (b) sum by (a) (y) > 1", "no label b in on () for the right side"),
            ("x * on (a) group_left (c) sum by (a) (y) > 1", "no label c in group_left ()"),
            ('label_replace(sum by (a) (x), "c", "$1", "b", "(.+)") > 1', "no label b in label_replace()"),
            ("sum by (a) (sum without (a) (x)) > 1", "no label a in by ()"),
            (group(record("sum by (a) (x)"), alert("sum by (b) (a:b:c) > 1")), "no label b in by ()"),
            ("sum by (le) (histogram_quantile(0.9, x_bucket)) > 1", "no label le"),
            ("sum by (a) (x) / ignoring (b) sum by (a) (y) > 1", "no label b in ignoring () for either side"),
        ],
        [
            "sum by (a) (sum by (a, b) (x)) > 1",
            "sum by (a) (x) / on (a) sum by (a, b) (y) > 1",
            "x * on (a) group_left (c) sum by (a, c) (y) > 1",
            "sum without (a, b) (sum without (a) (x)) > 1",
            "sum by (a) (x) / ignoring (b) y > 1",
            'sum by (c) (label_replace(sum by (a) (x), "c", "$1", "a", "(.+)")) > 1',
            'label_replace(x{b=""}, "c", "0", "b", "") > 1',
            group(record("sum by (a) (x)", labels={"b": "c"}), alert("sum by (b) (a:b:c) > 1")),
            group(record("sum by (a) (x)"), record("sum by (b) (x)"), alert("sum by (b) (a:b:c) > 1")),
            "sum by (a) (a:b:c) > 1",
        ],
    ),
    "join-never-matches": (
        [
            ('x{a="1"} / x{a="2"} > 1', "gives nothing"),
            ("sum by (a) (x) / sum by (b) (y) > 1", "for series with the label a, which the right side"),
            ("sum by (a, b) (x) / sum by (a) (y) > 1", "for series with the label b, which the right side"),
            ("count(x) / y > 1", "gives nothing"),
            ("x > 0 and absent(y)", "gives nothing"),
            ('x{a="1"} unless sum(y)', "leaves nothing out"),
            ('(x / ignoring (l) y{l="1"} > 1) and y{l="1"} > 0', "gives nothing"),
            ('x{a="1"} and on (a) y{a="2"}', "gives nothing"),
        ],
        [
            'x{a="1"} / ignoring (a) x{a="2"} > 1',
            'x{a="1"} / on (job) x{a="2"} > 1',
            'x{a="1"} or x{a="2"} > 1',
            "sum by (a) (x) / sum by (a) (y) > 1",
            "x / y > 1",
            "x > 0 and on () absent(y)",
            "count(x) / on () group_right () y > 1",
            "count(x) / scalar(y) > 1",
            'sum by (a) (x{b="1"}) / sum by (a) (x{b="2"}) > 1',
            "x / on (a) group_left () sum by (a) (y) > 1",
            "a:b:c / sum(y) > 1",
            "count(x) / count(y) > 1",
            'label_replace(x{a="1"}, "a", "2", "", "") / x{a="2"} > 1',
        ],
    ),
    "many-to-many": (
        [
            ("sum by (a, b) (x) / on (a) sum by (a) (y) > 1", "the left side of the join is grouped by b"),
            ("x / on (a) group_left () sum by (a, b) (y) > 1", "the right side of the join is grouped by b"),
            ("sum by (a, b) (x) / ignoring (b) sum by (a) (y) > 1", "the left side"),
        ],
        [
            "sum by (a, b) (x) / on (a) group_left () sum by (a) (y) > 1",
            "x * on (a) group_left (b) max by (a, b) (y) > 1",
            'sum by (a, b) (x{b="1"}) / on (a) sum by (a) (y) > 1',
            "sum by (a, b) (x) and on (a) sum by (a) (y) > 1",
            "topk by (a) (1, x) / on (a) sum by (a) (y) > 1",
        ],
    ),
    "same-on-both-sides": (
        [
            ("x / x > 1", "gives 1 or NaN"),
            ("rate(x[5m]) - rate(x[5m]) > 1", "gives 0"),
            ("x > 1 and x > 1", "the side itself"),
        ],
        ["x / y > 1", "x != x", "x - x offset 5m > 1", "2 / 2", "x unless x offset 5m"],
    ),
    "or-adds-series": (
        [
            ('x{a="1"} or vector(0)', "adds a series without labels"),
            ("(rate(x[5m]) or vector(0)) > 1", "adds a series without labels"),
        ],
        [
            "(sum(x) or vector(0)) > 1",
            "(sum by (a) (x) or vector(0)) > 1",
            "sum(x or vector(0)) > 1",
            "(x or on () vector(0)) > 1",
            "y + (x or vector(0)) > 1",
            "x or y > 1",
            "a:b:c or vector(0)",
        ],
    ),
    "rate-of-aggregate": (
        [
            ("rate(sum(x)[5m:1m]) > 1", "rate() of a sum"),
            ("increase(sum by (a) (x_total)[1h:]) > 1", "increase() of a sum"),
            ("rate(job:x:rate5m[5m]) > 1", "a rate by its name"),
            (group(record("sum(x_total)"), alert("rate(a:b:c[5m]) > 1")), "a sum, which a:b:c is"),
            (group(record("rate(x[5m])"), alert("increase(a:b:c[5m]) > 1")), "a rate, which a:b:c is"),
            ("rate(rate(x[5m])[5m:1m]) > 1", "rate() of a rate"),
        ],
        [
            "sum(rate(x[5m])) > 1",
            "deriv(sum(x)[5m:1m]) > 1",
            "max_over_time(rate(x[5m])[1h:1m]) > 1",
            "rate(job:x_total:relabelled[5m]) > 1",
            group(record('x_total{a="b"}'), alert("rate(a:b:c[5m]) > 1")),
            "rate(job:x:sum[5m]) > 1",
        ],
    ),
    "rate-of-gauge": (
        [
            ("rate(kube_pod_status_ready[5m]) > 1", "rate() of a gauge"),
            ("increase(x_timestamp_seconds[5m]) > 1", "increase() of a gauge"),
            ("irate(disk_used_percent[5m]) > 1", "irate() of a gauge"),
            (group(alert("x_up == 0"), alert("rate(x_up[5m]) > 1")), "rate() of a gauge"),
        ],
        [
            "rate(x[5m]) > 1",
            "rate(x_bytes[5m]) > 1",
            "delta(disk_used_percent[5m]) > 1",
            "changes(x_timestamp[5m]) > 1",
        ],
    ),
    "raw-counter": (
        [
            (group(alert("rate(x_total[5m]) > 1"), alert("x_total > 5")), "the total of a counter, x_total"),
            ("x_errors_total > 0", "the total of a counter, x_errors_total"),
            ("sum by (a) (kube_pod_container_status_restarts_total) > 5", "the total of a counter"),
            ("histogram_quantile(0.9, x_bucket) > 1", "a quantile of all observations since the start"),
            (record("histogram_quantile(0.9, sum by (le) (x_bucket))"), "a quantile of all observations"),
        ],
        [
            "x_total > 5",
            "increase(x_errors_total[5m]) > 0",
            "x_errors_total == 0",
            "x_errors_total - x_errors_total offset 5m > 0",
            "changes(x_errors_total[5m]) > 0",
            "count(x_errors_total) > 5",
            "rate(y[5m]) > 1 and x_errors_total > 100",
            f"histogram_quantile(0.9, sum by (le) ({BUCKET})) > 1",
            record("x_errors_total > 0"),
        ],
    ),
    "range-too-short": ([], ["rate(x[1s]) > 1"]),
    "subquery-step": (
        [
            ("max_over_time(x[5m:5m]) > 1", "holds one value at most"),
            ("rate(x[1m:5m]) > 1", "holds one value at most"),
        ],
        ["max_over_time(x[5m:1m]) > 1", "max_over_time(x[5m:]) > 1"],
    ),
    "fixed-time": (
        [
            ("x @ 1600000000 > 1", "the same for ever"),
            ("x offset -5m > 1", "300s ahead"),
            ("rate(x[5m] @ end()) > 1", "is now, in a rule"),
        ],
        ["x offset 5m > 1", "x - x offset 1d > 1"],
    ),
    "quantile-without-le": (
        [
            (f"histogram_quantile(0.9, sum by (job) ({BUCKET})) > 1", "of something without le"),
            (f"histogram_quantile(0.9, sum ({BUCKET})) > 1", "of something without le"),
            (
                group(record(f"sum by (a) ({BUCKET})"), alert("histogram_quantile(0.9, a:b:c) > 1")),
                "of something without le",
            ),
        ],
        [
            f"histogram_quantile(0.9, sum by (job, le) ({BUCKET})) > 1",
            f"histogram_quantile(0.9, {BUCKET}) > 1",
            "histogram_quantile(0.9, sum by (job) (rate(x[5m]))) > 1",
            f"histogram_quantile(0.9, sum by (vmrange) ({BUCKET})) > 1",
            "histogram_quantile(0.9, a:b:c) > 1",
        ],
    ),
    "integer-boundary": (
        [
            ('x_bucket{le="1"} > 1', "does not know 1.0"),
            ('x{quantile="1"} > 1', "does not know 1.0"),
            ('x_bucket{le=~"1|5"} > 1', "does not know 5.0"),
            ('x_bucket{le!="1"} > 1', "does not know 1.0"),
        ],
        ['x_bucket{le="0.5"} > 1', 'x_bucket{le=~"1(\\\\.0)?"} > 1', 'x_bucket{le="+Inf"} > 1', 'x{a="1"} > 1'],
    ),
    "division-by-zero": (
        [
            ("sum by (a) (rate(x[5m]) / rate(y[5m])) > 1", "one idle series makes the sum NaN"),
            ("avg(rate(x_sum[5m]) / rate(x_count[5m])) > 1", "one idle series makes the avg NaN"),
        ],
        [
            "sum(rate(x[5m])) / sum(rate(y[5m])) > 1",
            "sum(rate(x[5m]) / (rate(y[5m]) > 0)) > 1",
            "avg(x / y) > 1",
            "max(rate(x[5m]) / rate(y[5m])) > 1",
            "sum(rate(x[5m]) / rate(y[5m]) > 0.5) > 1",
        ],
    ),
    "absent-of-some": (
        [
            ('absent(up{job="a"} == 1)', "holds for none of its series"),
            ('absent(up{job=~"a|b"})', 'none of job=~"a|b" is there'),
        ],
        ['absent(up{job="a"})', "absent(sum(x))", 'absent(up{job=~"a.*"})'],
    ),
    "changing-alert": (
        [("topk(3, x) > 1", "whenever topk chooses"), ("y > 1 or bottomk(3, x) < 1", "whenever bottomk chooses")],
        [
            "max by (a) (x) > 1",
            "topk by (a) (1, x) > 1",
            "sum(topk(3, x)) > 1",
            record("topk(3, x)"),
            "y > on () topk(1, z)",
        ],
    ),
    "alert-wait": (
        [
            (alert("x unless x offset 10m", **{"for": "10m"}), "never fires"),
            (alert("time() - process_start_time_seconds < 60", **{"for": "5m"}), "never fires"),
            (group(alert(**{"for": "30s"}), interval="1m"), "for: 30s is shorter than the interval"),
            (group(alert(keep_firing_for="30s"), interval="1m"), "keep_firing_for: 30s is shorter"),
        ],
        [
            alert("x unless x offset 10m", **{"for": "5m"}),
            alert("time() - process_start_time_seconds < 600", **{"for": "5m"}),
            alert("x unless y offset 10m", **{"for": "1h"}),
            group(alert(**{"for": "1m"}), interval="1m"),
            alert(**{"for": "0s"}),
        ],
    ),
    "regex-in-equality": (
        [('x{a="b.*"} > 1', "compares with the text itself"), ('x{a!=".+"} > 1', "compares with the text itself")],
        ['x{a=~"b.*"} > 1', 'x{a="b.c"} > 1', 'x{a="*"} > 1'],
    ),
    "needless-regex": (
        [
            ('x{a=~"b"} > 1', "needs no regular expression"),
            ('x{a!~"b-c"} > 1', "needs no regular expression"),
            ('x{a=~"b\\\\.c"} > 1', "needs no regular expression"),
            ('x{a=~"^b.*"} > 1', "has anchors"),
            ('x{a=~"b|c$"} > 1', "has anchors"),
            ('x{a=~".*"} > 1', "matches everything"),
            ('x{a=~".+"} > 1', "asks whether there is a value"),
            ('x{a=~"b.c"} > 1', "a point that stands for any character"),
            ('x{job=~"shop_.+_prod_.+_eu"} > 1', "takes a name apart"),
        ],
        [
            'x{a=~"b|c"} > 1',
            'x{a=~"b.*"} > 1',
            'x{a=~"5.."} > 1',
            'x{a!=""} > 1',
            '{__name__=~"x|y"} > 1',
            'count({job=~".+"}) > 1',
            'x{a=~"(b)?"} > 1',
            'x{a=~"b\\\\$"} > 1',
        ],
    ),
    "nameless-selector": (
        [
            ('count({job="a"}) > 1', "whatever its name"),
            ('count({__name__=~".+"}) > 1', "whatever its name"),
            ('count({__name__!="x", job="a"}) > 1', "whatever its name"),
        ],
        ['count(x{job="a"}) > 1', 'count({__name__=~"x.*"}) > 1', '{"x.y"} > 1'],
    ),
    "duplicate-rule": (
        [
            (group(alert(), alert()), "the same rule stands on line"),
            (group(record("sum(x)"), record("sum( x )")), "the same rule stands on line"),
            (group(record("sum(x)"), record("sum(y)")), "a rule of the same name and labels, with another expression"),
            (group(alert('count_over_time({a="b"}[1m])'), alert('count_over_time({a="b"} [1m])')), "the same rule"),
        ],
        [
            group(alert(), alert(labels={"a": "b"})),
            group(record('x{a="1"}'), record('x{a="2"}')),
            group(record('sum by (a) (x{a=~"1.."})'), record('sum by (a) (x{a=~"2.."})')),
            group(alert(), {**alert(), "alert": "B"}),
            group(record('x{a=""}'), record('x{a="2"}')),
        ],
    ),
    "record-order": (
        [(group(alert("a:b:c > 1"), record("sum(x)")), "a:b:c is recorded below")],
        [group(record("sum(x)"), alert("a:b:c > 1")), record("a:b:c offset 5m"), "a:b:c > 1"],
    ),
    "missing-record": (
        [("job:x:rate5m > 1", "no rule of these files records job:x:rate5m")],
        [group(record("sum(x)"), alert("a:b:c > 1")), "x > 1"],
    ),
    "record-name": (
        [
            (record("x", name="a"), "not of the form"),
            (record("x", name="a:b"), "not of the form"),
            (record("x", name="a::c"), ""),
        ],
        [record("x"), record("x", name="a:b:c:d")],
    ),
    "alert-name": (
        [
            ({"alert": "pod_down", "expr": "x > 1"}, "not CamelCase"),
            ({"alert": "A" * 41, "expr": "x > 1"}, "41 characters"),
        ],
        [{"alert": "PodDown5xx", "expr": "x > 1"}],
    ),
    "alert-severity": (
        [(alert(), "the label severity is missing")],
        [alert(labels={"severity": "page"}), group(alert(), labels={"severity": "page"}), record("x")],
    ),
    "alert-annotations": (
        [
            (alert(annotations={"runbook_url": "https://a"}), "no annotation says what has happened"),
            (alert(annotations={"summary": "a"}), "runbook_url is missing"),
        ],
        [alert(annotations={"summary": "a", "runbook_url": "https://a"}), record("x")],
    ),
    "group-size": (
        [(group(*(alert(labels={"a": str(n)}) for n in range(21))), "21 rules in one group")],
        [group(*(alert(labels={"a": str(n)}) for n in range(20)))],
    ),
    "group-interval": (
        [(group(record("x"), interval="10m"), "recorded every 10m are gone after 5m")],
        [group(record("x"), interval="5m"), group(alert(), interval="10m")],
    ),
}
