// Recorded series of shard traffic: raw counts of a window, their log-odds, a baseline that freezes while an alert fires.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local operations = obskit.shards.operations;
  local names = {
    set: q.by([operations.labels.shard_set]),
    shard: q.by([operations.labels.shard_set, operations.labels.shard]),
    operations: q.select(operations.name),
    count: q.select('obskit:shard_ops:count'),
    total: q.select('obskit:shard_ops_total:count'),
    logodds: q.select('obskit:shard_logodds'),
    healthy: q.select('obskit:shard_logodds:healthy'),
    mean: q.select('obskit:shard_logodds:mean'),
    samples: q.select('obskit:shard_logodds:samples'),
    expected: q.select('obskit:shard_ops:expected'),
    moved: q.select('obskit:shard_moved:ratio'),
    moved_healthy: q.select('obskit:shard_moved:healthy'),
    moved_settled: 'count_over_time(%s[6h] offset 2m) >= <<settled_samples>>' % q.select('obskit:shard_moved:healthy'),
    firing: q.select(obskit.telemetry.alerts.name, 'alertstate="firing", alertname=~"ObskitShard(Hot|Starved|TrafficMoved)"'),
  };
  [
    // W - S seconds of rate are the increments that the window really holds.
    record('obskit:shard_ops:count', 'sum by (%(shard)s) (rate(%(operations)s[<<window>>])) * <<window_count>>' % names),
    record('obskit:shard_ops_total:count', 'sum by (%(set)s) (%(count)s)' % names),
    // ln((x + 0.5) / (T - x + 0.5)): shares have lognormal tails, log-odds do not. Nothing is learnt from fewer than 10.
    record('obskit:shard_logodds', |||
      ln(
        (%(count)s + 0.5)
        / (0.5 - (%(count)s - on (%(set)s) group_left () %(total)s))
      )
      and on (%(set)s) %(total)s >= 10
    ||| % names),
    // Only alerts that compare with the baseline freeze it: those without one would keep it from ever being learnt.
    record('obskit:shard_logodds:healthy', '%(logodds)s unless on (%(set)s) %(firing)s' % names),
    record('obskit:shard_logodds:samples', 'count_over_time(%(healthy)s[6h] offset 2m)' % names),
    record('obskit:shard_logodds:mean', 'avg_over_time(%(healthy)s[6h] offset 2m) and %(samples)s >= <<learned_samples>>' % names),
    record('obskit:shard_logodds:stddev', 'stddev_over_time(%(healthy)s[6h] offset 2m) and %(samples)s >= <<learned_samples>>' % names),
    record('obskit:shard_ops:expected', '1 / (1 + exp(-1 * %(mean)s)) * on (%(set)s) group_left () %(total)s' % names),
    // Anscombe's transform: counts become normal with variance one. F. J. Anscombe, Biometrika 35 (1948).
    record('obskit:shard_ops:z', '2 * (sqrt(%(count)s + 0.375) - sqrt(%(expected)s + 0.375))' % names),
    record('obskit:shard_moved:ratio', |||
      0.5 * sum by (%(set)s) (abs(%(count)s - %(expected)s))
      / (%(total)s >= 30)
    ||| % names),
    record('obskit:shard_moved:healthy', '%(moved)s unless on (%(set)s) %(firing)s' % names),
    // Of few samples, the first of which look alike, the deviation is far too small.
    record('obskit:shard_moved:mean', 'avg_over_time(%(moved_healthy)s[6h] offset 2m)' % names),
    record('obskit:shard_moved:stddev', 'stddev_over_time(%(moved_healthy)s[6h] offset 2m) and %(moved_settled)s' % names),
    // Without a baseline yet: odds against an even share, and its significance.
    record('obskit:shard_odds:even', |||
      exp(%(logodds)s) * on (%(set)s) group_left () (count by (%(set)s) (%(count)s) - 1)
      unless %(samples)s >= <<learned_samples>>
    ||| % names),
    record('obskit:shard_ops_even:z', |||
      2 * (
        sqrt(%(count)s + 0.375)
        - on (%(set)s) group_left () sqrt(%(total)s / count by (%(set)s) (%(count)s) + 0.375)
      )
    ||| % names),
  ]
