// Recorded series of shard traffic: raw counts of a window, their log-odds, a baseline that freezes while an alert fires.
// Fast, and over a window four times as long for shards that are seldom asked; even shares until a baseline is known.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local operations = obskit.shards.operations;
  local set = q.by([operations.labels.shard_set]);
  local shard = q.by([operations.labels.shard_set, operations.labels.shard]);
  local firing = q.select(
    obskit.telemetry.alerts.name, 'alertstate="firing", alertname=~"ObskitShard(Hot|Starved|TrafficMoved|HotLowTraffic|StarvedLowTraffic)"'
  );
  local names(prefix) = {
    set: set,
    shard: shard,
    count: q.select(prefix + '_ops:count'),
    total: q.select(prefix + '_ops_total:count'),
    logodds: q.select(prefix + '_logodds'),
    healthy: q.select(prefix + '_logodds:healthy'),
    mean: q.select(prefix + '_logodds:mean'),
    samples: q.select(prefix + '_logodds:samples'),
    expected: q.select(prefix + '_ops:expected'),
    firing: firing,
  };
  // W - S seconds of rate are the increments that the window really holds.
  local counts(prefix, window, group) = [
    record(prefix + '_ops:count', 'sum by (%s) (rate(%s[<<%s>>])) * <<%s_count>>' % [shard, q.select(operations.name), window, window], group),
    record(prefix + '_ops_total:count', 'sum by (%(set)s) (%(count)s)' % names(prefix), group),
  ];
  local baseline(prefix, group) = [
    // ln((x + 0.5) / (T - x + 0.5)): shares have lognormal tails, log-odds do not. Nothing is learnt from fewer than 10.
    record(prefix + '_logodds', |||
      ln(
        (%(count)s + 0.5)
        / (0.5 - (%(count)s - on (%(set)s) group_left () %(total)s))
      )
      and on (%(set)s) %(total)s >= 10
    ||| % names(prefix), group),
    // Only alerts that compare with the baseline freeze it: those without one would keep it from ever being learnt.
    record(prefix + '_logodds:healthy', '%(logodds)s unless on (%(set)s) %(firing)s' % names(prefix), group),
    record(prefix + '_logodds:samples', 'count_over_time(%(healthy)s[6h] offset 2m)' % names(prefix), group),
    record(prefix + '_logodds:mean', 'avg_over_time(%(healthy)s[6h] offset 2m) and %(samples)s >= <<learned_samples>>' % names(prefix), group),
    record(prefix + '_logodds:stddev', 'stddev_over_time(%(healthy)s[6h] offset 2m) and %(samples)s >= <<learned_samples>>' % names(prefix), group),
    record(prefix + '_ops:expected', '1 / (1 + exp(-1 * %(mean)s)) * on (%(set)s) group_left () %(total)s' % names(prefix), group),
    // Anscombe's transform: counts become normal with variance one. F. J. Anscombe, Biometrika 35 (1948).
    record(prefix + '_ops:z', '2 * (sqrt(%(count)s + 0.375) - sqrt(%(expected)s + 0.375))' % names(prefix), group),
  ];
  local moved = {
    moved: q.select('obskit:shard_moved:ratio'),
    healthy: q.select('obskit:shard_moved:healthy'),
    settled: 'count_over_time(%s[6h] offset 2m) >= <<settled_samples>>' % q.select('obskit:shard_moved:healthy'),
  };
  counts('obskit:shard', 'window', '')
  + baseline('obskit:shard', '')
  + [
    record('obskit:shard_moved:ratio', |||
      0.5 * sum by (%(set)s) (abs(%(count)s - %(expected)s))
      / (%(total)s >= 30)
    ||| % names('obskit:shard')),
    record('obskit:shard_moved:healthy', '%s unless on (%s) %s' % [moved.moved, set, firing]),
    // Of few samples, the first of which look alike, the deviation is far too small.
    record('obskit:shard_moved:mean', 'avg_over_time(%(healthy)s[6h] offset 2m)' % moved),
    record('obskit:shard_moved:stddev', 'stddev_over_time(%(healthy)s[6h] offset 2m) and %(settled)s' % moved),
  ]
  + counts('obskit:shard_long', 'window_longest', 'low')
  + baseline('obskit:shard_long', 'low')
  + counts('obskit:shard_cold', 'window', 'cold')
  + [
    // Without a baseline yet: odds against an even share, and its significance.
    record('obskit:shard_odds:even', |||
      (%(count)s + 0.5)
      / (0.5 - (%(count)s - on (%(set)s) group_left () %(total)s))
      * on (%(set)s) group_left () (count by (%(set)s) (%(count)s) - 1)
      unless %(learnt)s >= <<learned_samples>>
    ||| % (names('obskit:shard_cold') + { learnt: q.select('obskit:shard_logodds:samples') }), 'cold'),
    record('obskit:shard_ops_even:z', |||
      2 * (
        sqrt(%(count)s + 0.375)
        - on (%(set)s) group_left () sqrt(%(total)s / count by (%(set)s) (%(count)s) + 0.375)
      )
    ||| % names('obskit:shard_cold'), 'cold'),
  ]
