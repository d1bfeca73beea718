// Alerts on shards, in layers: the map (no traffic needed), the ownership of keys, the statistics of traffic.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local shards = obskit.shards;
  local l = shards.operations.labels;
  local names = {
    set: q.by([l.shard_set]),
    shard: q.by([l.shard_set, l.shard]),
    info: q.fresh(shards.map_info.name),
    map_shards: q.fresh(shards.map_shards.name),
    operations: q.select(shards.operations.name),
    misrouted: q.select(shards.misrouted.name),
    count: q.select('obskit:shard_ops:count'),
    total: q.select('obskit:shard_ops_total:count'),
    deviation: '(%s - %s)' % [q.select('obskit:shard_logodds'), q.select('obskit:shard_logodds:mean')],
    mean: q.select('obskit:shard_logodds:mean'),
    stddev: q.select('obskit:shard_logodds:stddev'),
    z: q.select('obskit:shard_ops:z'),
    moved: q.select('obskit:shard_moved:ratio'),
    even: q.select('obskit:shard_odds:even'),
    even_z: q.select('obskit:shard_ops_even:z'),
    hash: shards.map_info.labels.hash,
    version: shards.map_info.labels.version,
  };
  local significance = a.param('5', 3, 10, 'sigma', 'How unlikely the count must be by chance (Poisson).');
  [
    a.alert('ObskitShardMapMismatch', {
      'for': '5s',
      severity: 'critical',
      expr: 'count by (%(set)s, %(version)s) (count by (%(set)s, %(version)s, %(hash)s) (%(info)s)) > 1' % names,
      summary: 'Processes of one service use different shard maps.',
      description: '{{ $value }} different maps of shard set {{ $labels.shard_set }}, version "{{ $labels.version }}", are in use: keys are read from and written to wrong shards.',
      fault: 'one process uses another map',
      window_share: '0',
      budget: 21,
      panel: 'shards#maps',
    }),
    a.alert('ObskitShardHotColdStart', {
      'for': '5s',
      keep_firing_for: '1m',
      expr: '%(even)s > <<param:odds>> and %(even_z)s > <<param:significance>>' % names,
      params: {
        odds: a.param('2.5', 1.2, 100, 'ratio', 'Odds of the shard against an even share.'),
        significance: significance,
      },
      summary: 'A shard takes far more than an even share, and there is no baseline yet.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} takes {{ $value | printf "%.1f" }} times an even share. No usual share is known yet (less than ten minutes of history).',
      fault: 'one shard takes 4 times its share',
      window_share: '0.5',
      budget: 21,
      panel: 'shards#odds',
    }),
    a.alert('ObskitShardStarvedColdStart', {
      'for': '5s',
      keep_firing_for: '1m',
      expr: '%(even)s < <<param:odds>> and %(even_z)s < -<<param:significance>>' % names,
      params: {
        odds: a.param('0.35', 0.01, 0.9, 'ratio', 'Odds of the shard against an even share.'),
        significance: significance,
      },
      summary: 'A shard takes far less than an even share, and there is no baseline yet.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} takes {{ $value | printf "%.2f" }} times an even share. No usual share is known yet (less than ten minutes of history).',
      fault: 'one shard takes nothing',
      window_share: '0.65',
      budget: 24,
      panel: 'shards#odds',
    }),
  ]
