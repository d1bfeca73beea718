// Alerts on shards, in layers: the map (no traffic needed), the ownership of keys, the statistics of traffic.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local shards = obskit.shards;
  local l = shards.operations.labels;
  local names = {
    set: q.by([l.shard_set]),
    shard: q.by([l.shard_set, l.shard]),
    info: q.current(shards.map_info.name),
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
    moved_mean: q.select('obskit:shard_moved:mean'),
    moved_stddev: q.select('obskit:shard_moved:stddev'),
    shard_set: l.shard_set,
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
      budget: 16,
      panel: 'shards#maps',
    }),
    a.alert('ObskitShardCountMismatch', {
      'for': '15s',
      severity: 'critical',
      expr: |||
        count by (%(set)s) (count by (%(shard)s) (last_over_time(%(operations)s[<<window>>])))
        != on (%(set)s) max by (%(set)s) (%(map_shards)s)
        or min by (%(set)s) (%(map_shards)s) != on (%(shard_set)s) group_left () (<<expected_shards>>)
        or max by (%(set)s) (%(map_shards)s) != on (%(shard_set)s) group_left () (<<expected_shards>>)
      ||| % names,
      summary: 'The number of shards is not what it must be.',
      description: 'Shard set {{ $labels.shard_set }} has {{ $value }} shards: not as many as its map, or not as many as obskit.yaml expects.',
      fault: 'the map of one process has fewer shards than obskit.yaml expects',
      window_share: '0',
      budget: 26,
      panel: 'shards#count',
    }),
    a.alert('ObskitShardMisrouted', {
      severity: 'critical',
      keep_firing_for: '1m',
      // Not increase(), which would make two of one.
      expr: 'sum by (%(set)s) (rate(%(misrouted)s[<<window>>])) * <<window_count>> > 0' % names,
      summary: 'Operations go to shards that do not own their keys.',
      description: '{{ $value | printf "%.0f" }} operations of shard set {{ $labels.shard_set }} went to a shard that does not own their key.',
      fault: 'one operation goes to a wrong shard',
      window_share: '0',
      budget: 11,
      panel: 'shards#misrouted',
    }),
    a.alert('ObskitShardHot', {
      'for': '5s',
      keep_firing_for: '10m',
      expr: |||
        exp(%(deviation)s) > <<param:odds>>
        and %(deviation)s > <<param:sigmas>> * %(stddev)s
        and %(z)s > <<param:significance>>
      ||| % names,
      params: {
        odds: a.param('1.6', 1.1, 100, 'ratio', 'Odds of the shard against its usual odds.'),
        sigmas: a.param('5.5', 3, 20, 'sigma', 'Deviation in units of its usual deviation.'),
        significance: significance,
      },
      summary: 'A shard takes far more than its usual share.',
      description: 'The odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.1f" }} times the usual ones.',
      fault: 'one shard takes 4 times its share',
      window_share: '0.2',
      budget: 18,
      panel: 'shards#odds',
    }),
    a.alert('ObskitShardStarved', {
      'for': '5s',
      keep_firing_for: '10m',
      severity: 'critical',
      expr: |||
        exp(%(deviation)s) < <<param:odds>>
        and %(deviation)s < -<<param:sigmas>> * %(stddev)s
        and %(z)s < -<<param:significance>>
      ||| % names,
      params: {
        odds: a.param('0.5', 0.01, 0.9, 'ratio', 'Odds of the shard against its usual odds.'),
        sigmas: a.param('6', 3, 20, 'sigma', 'Deviation in units of its usual deviation.'),
        significance: significance,
      },
      summary: 'A shard takes far less than its usual share.',
      description: 'The odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.2f" }} times the usual ones.',
      fault: 'one shard takes nothing',
      window_share: '0.5',
      budget: 21,
      panel: 'shards#odds',
    }),
    a.alert('ObskitShardTrafficMoved', {
      'for': '5s',
      keep_firing_for: '10m',
      severity: 'critical',
      expr: |||
        %(moved)s > <<param:share>>
        and %(moved)s > %(moved_mean)s + <<param:sigmas>> * %(moved_stddev)s
      ||| % names,
      params: {
        share: a.param('0.08', 0.02, 1, 'ratio', 'Share of the traffic on another shard than usual.'),
        sigmas: a.param('7', 3, 20, 'sigma', 'Deviation in units of its usual deviation.'),
      },
      summary: 'Traffic moved between shards.',
      description: '{{ $value | humanizePercentage }} of the traffic of shard set {{ $labels.shard_set }} is on another shard than usual.',
      fault: 'the modulus of the shard map is halved',
      window_share: '0.2',
      budget: 18,
      panel: 'shards#moved',
    }),
    a.alert('ObskitShardSilent', {
      severity: 'critical',
      // For ten minutes: who takes a shard out on purpose is told once, and not until the baseline has forgotten it.
      expr: |||
        (1 / (1 + exp(-1 * %(mean)s)) unless on (%(shard)s) %(count)s)
        * on (%(set)s) group_left () %(total)s > <<param:operations>>
        and on (%(shard)s) present_over_time(%(count)s[10m] offset <<window>>)
      ||| % names,
      params: { operations: a.param('10', 1, 100000, 'operations', 'Operations of the window that the shard would usually have taken.') },
      summary: 'The series of a shard are gone.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} is not in any map any more; it would have taken {{ $value | printf "%.0f" }} operations.',
      fault: 'a shard vanishes from the map of every process',
      window_share: '1',
      budget: 21,
      panel: 'shards#operations',
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
      budget: 23,
      panel: 'shards#odds',
    }),
  ]
