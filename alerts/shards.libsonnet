// Alerts on shards, in layers: the map (no traffic needed), the ownership of keys, the statistics of traffic, and how the
// operations on one shard fare against those on the others.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local shards = obskit.shards;
  local l = shards.operations.labels;
  local own = {
    set: q.by([l.shard_set]),
    shard: q.by([l.shard_set, l.shard]),
    shard_set: l.shard_set,
    info: q.current(shards.map_info.name),
    map_shards: q.fresh(shards.map_shards.name),
    operations: q.select(shards.operations.name),
    misrouted: q.select(shards.misrouted.name),
    hash: shards.map_info.labels.hash,
    version: shards.map_info.labels.version,
    moved: q.select('obskit:shard_moved:ratio'),
    moved_mean: q.select('obskit:shard_moved:mean'),
    moved_stddev: q.select('obskit:shard_moved:stddev'),
    even: q.select('obskit:shard_odds:even'),
    even_z: q.select('obskit:shard_ops_even:z'),
    slow: q.select('obskit:shard_over_250ms:excess'),
    slower: q.select('obskit:shard_over_50ms:excess'),
  };
  // What is recorded of a window of traffic.
  local traffic(prefix) = own {
    count: q.select(prefix + '_ops:count'),
    total: q.select(prefix + '_ops_total:count'),
    deviation: '(%s - %s)' % [q.select(prefix + '_logodds'), q.select(prefix + '_logodds:mean')],
    mean: q.select(prefix + '_logodds:mean'),
    stddev: q.select(prefix + '_logodds:stddev'),
    z: q.select(prefix + '_ops:z'),
  };
  local names = traffic('obskit:shard');
  local hot(prefix) = |||
    exp(%(deviation)s) > <<param:odds>>
    and %(deviation)s > <<param:sigmas>> * %(stddev)s
    and %(z)s > <<param:significance>>
  ||| % traffic(prefix);
  // Less than the half of its set as well: where one shard is hot, all others have a smaller share.
  local starved(prefix) = |||
    exp(%(deviation)s) < <<param:odds>>
    and exp(%(deviation)s - on (%(set)s) group_left () quantile by (%(set)s) (0.5, %(deviation)s)) < <<param:odds>>
    and %(deviation)s < -<<param:sigmas>> * %(stddev)s
    and %(z)s < -<<param:significance>>
  ||| % traffic(prefix);
  local significance(sigmas) = a.param(sigmas, 3, 10, 'sigma', 'How unlikely the count must be by chance (Poisson).');
  local usual = 'Odds of the shard against its usual odds.';
  local deviation(sigmas) = a.param(sigmas, 3, 20, 'sigma', 'Deviation in units of its usual deviation.');
  local hotter = { odds: a.param('1.6', 1.1, 100, 'ratio', usual), sigmas: deviation('5.5'), significance: significance('5') };
  local colder = { odds: a.param('0.5', 0.01, 0.9, 'ratio', usual), sigmas: deviation('6'), significance: significance('6') };
  // Wrong maps shift traffic: they are what must be mended.
  local maps = a.held(['ObskitShardMapMismatch', 'ObskitShardCountMismatch'], [l.shard_set]);
  [
    a.alert('ObskitShardMapMismatch', {
      group: 'map',
      'for': '5s',
      severity: 'critical',
      expr: 'count by (%(set)s, %(version)s) (count by (%(set)s, %(version)s, %(hash)s) (%(info)s)) > 1' % own,
      summary: 'Processes of one service use different shard maps.',
      description: '{{ $value }} different maps of shard set {{ $labels.shard_set }}, version "{{ $labels.version }}", are in use: keys are read from and written to wrong shards.',
      fault: 'one process uses another map',
      window_share: '0',
      budget: 16,
      panel: 'shards#maps',
      no_line: 'a second hash of a version is one',
    }),
    a.alert('ObskitShardCountMismatch', {
      group: 'map',
      'for': '10s',
      severity: 'critical',
      expr: |||
        count by (%(set)s) (count by (%(shard)s) (last_over_time(%(operations)s[<<window>>])))
        != on (%(set)s) max by (%(set)s) (%(map_shards)s)
        or min by (%(set)s) (%(map_shards)s) != on (%(shard_set)s) group_left () (<<expected_shards>>)
        or max by (%(set)s) (%(map_shards)s) != on (%(shard_set)s) group_left () (<<expected_shards>>)
      ||| % own,
      summary: 'The number of shards is not what it must be.',
      description: 'Shard set {{ $labels.shard_set }} has {{ $value }} shards: not as many as its map, or not as many as obskit.yaml expects.',
      fault: 'the map of one process has fewer shards than obskit.yaml expects',
      window_share: '0',
      budget: 21,
      panel: 'shards#count',
      no_line: 'the numbers that must agree are series themselves',
    }),
    a.alert('ObskitShardMisrouted', {
      group: 'map',
      severity: 'critical',
      keep_firing_for: '1m',
      // Not increase(), which would make two of one.
      value: 'sum by (%(set)s) (rate(%(misrouted)s[<<window>>])) * <<window_count>>' % own,
      above: '0',
      unit: 'short',
      legend: '{{%s}}' % l.shard_set,
      summary: 'Operations go to shards that do not own their keys.',
      description: '{{ $value | printf "%.0f" }} operations of shard set {{ $labels.shard_set }} went to a shard that does not own their key.',
      fault: 'one operation goes to a wrong shard',
      window_share: '0',
      budget: 11,
      inhibited_by: a.held(['ObskitShardMapMismatch'], [l.shard_set]),
    }),
    a.alert('ObskitShardHot', {
      judged: true,
      keep_firing_for: '10m',
      expr: hot('obskit:shard'),
      params: hotter,
      summary: 'A shard takes far more than its usual share.',
      description: 'The odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.1f" }} times the usual ones.',
      fault: 'one shard takes 4 times its share',
      window_share: '0.8',
      budget: 19,
      inhibited_by: maps,
      panel: 'shards#odds',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardStarved', {
      judged: true,
      keep_firing_for: '10m',
      severity: 'critical',
      expr: starved('obskit:shard'),
      params: colder,
      summary: 'A shard takes far less than its usual share.',
      description: 'The odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.2f" }} times the usual ones.',
      fault: 'one shard takes nothing',
      window_share: '0.8',
      budget: 19,
      inhibited_by: maps,
      panel: 'shards#odds',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardTrafficMoved', {
      judged: true,
      keep_firing_for: '10m',
      severity: 'critical',
      expr: |||
        %(moved)s > <<param:share>>
        and %(moved)s > %(moved_mean)s + <<param:sigmas>> * %(moved_stddev)s
      ||| % own,
      params: { share: a.param('0.08', 0.02, 1, 'ratio', 'Share of the traffic on another shard than usual.'), sigmas: deviation('7') },
      summary: 'Traffic moved between shards.',
      description: '{{ $value | humanizePercentage }} of the traffic of shard set {{ $labels.shard_set }} is on another shard than usual.',
      fault: 'the modulus of the shard map is halved',
      window_share: '0.5',
      budget: 16,
      // Not by a hot shard alone, which is a warning: what makes one may be a map.
      inhibited_by: maps + a.held(['ObskitShardStarved'], [l.shard_set]),
      panel: 'shards#moved',
      line: '<<param:share>>',
    }),
    a.alert('ObskitShardSilent', {
      judged: true,
      severity: 'critical',
      // For ten minutes: who takes a shard out on purpose is told once, and not until the baseline has forgotten it.
      value: |||
        (1 / (1 + exp(-1 * %(mean)s)) unless on (%(shard)s) %(count)s)
        * on (%(set)s) group_left () %(total)s
      ||| % names,
      above: '<<param:operations>>',
      expr: q.chomp(self.value) + ' > ' + self.above + '\nand ' + self.guard,
      guard: 'on (%(shard)s) present_over_time(%(count)s[10m] offset <<window>>)' % names,
      unit: 'short',
      legend: '{{%s}}/{{%s}}' % [l.shard_set, l.shard],
      params: { operations: a.param('10', 1, 100000, 'operations', 'Operations of the window that the shard would usually have taken.') },
      summary: 'The series of a shard are gone.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} is not in any map any more; it would have taken {{ $value | printf "%.0f" }} operations.',
      fault: 'a shard vanishes from the map of every process',
      window_share: '1',
      budget: 21,
    }),
    a.alert('ObskitShardHotLowTraffic', {
      group: 'low',
      judged: true,
      'for': '5s',
      keep_firing_for: '10m',
      latency_class: 'normal',
      expr: hot('obskit:shard_long'),
      params: hotter,
      summary: 'A shard takes far more than its usual share, seen over a minute.',
      description: 'Over a minute, the odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.1f" }} times the usual ones.',
      fault: 'one shard of eight, each asked twice a second, takes 4 times its share',
      window_share: '1',
      budget: 101,
      inhibited_by: maps + a.held(['ObskitShardHot'], [l.shard_set, l.shard]),
      panel: 'shards#odds_long',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardStarvedLowTraffic', {
      group: 'low',
      judged: true,
      'for': '5s',
      keep_firing_for: '10m',
      latency_class: 'normal',
      severity: 'critical',
      expr: starved('obskit:shard_long'),
      params: colder,
      summary: 'A shard takes far less than its usual share, seen over a minute.',
      description: 'Over a minute, the odds of shard {{ $labels.shard }} of {{ $labels.shard_set }} are {{ $value | printf "%.2f" }} times the usual ones.',
      fault: 'one shard of eight, each asked once a second, takes nothing',
      window_share: '0.8',
      budget: 90,
      inhibited_by: maps + a.held(['ObskitShardStarved'], [l.shard_set, l.shard]),
      panel: 'shards#odds_long',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardHotColdStart', {
      group: 'cold',
      judged: true,
      keep_firing_for: '1m',
      expr: '%(even)s > <<param:odds>> and %(even_z)s > <<param:significance>>' % own,
      params: { odds: a.param('2.5', 1.2, 100, 'ratio', 'Odds of the shard against an even share.'), significance: significance('5') },
      summary: 'A shard takes far more than an even share, and there is no baseline yet.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} takes {{ $value | printf "%.1f" }} times an even share. No usual share is known yet (less than ten minutes of history).',
      fault: 'one shard takes 4 times its share',
      window_share: '0.7',
      budget: 18,
      inhibited_by: maps,
      panel: 'shards#even',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardStarvedColdStart', {
      group: 'cold',
      judged: true,
      keep_firing_for: '1m',
      expr: '%(even)s < <<param:odds>> and %(even_z)s < -<<param:significance>>' % own,
      params: { odds: a.param('0.3', 0.01, 0.9, 'ratio', 'Odds of the shard against an even share.'), significance: significance('5.5') },
      summary: 'A shard takes far less than an even share, and there is no baseline yet.',
      description: 'Shard {{ $labels.shard }} of {{ $labels.shard_set }} takes {{ $value | printf "%.2f" }} times an even share. No usual share is known yet (less than ten minutes of history).',
      fault: 'one shard takes nothing',
      window_share: '0.8',
      budget: 19,
      inhibited_by: maps,
      panel: 'shards#even',
      line: '<<param:odds>>',
    }),
    a.alert('ObskitShardSlow', {
      group: 'siblings',
      judged: true,
      keep_firing_for: '1m',
      // A few more that take very long, or nearly all of them longer where the others are quick.
      expr: '%(slow)s > <<param:share>>\nor %(slower)s > <<param:most>>' % own,
      params: {
        share: a.param('0.1', 0.01, 0.9, 'ratio', 'How much greater than that of its siblings the share over 250 ms is, at least.'),
        most: a.param('0.5', 0.05, 1, 'ratio', 'The same of the share over 50 ms.'),
      },
      summary: 'Operations on one shard take longer than on the others.',
      description: 'Of the operations on shard {{ $labels.shard }} of {{ $labels.shard_set }}, at least {{ $value | humanizePercentage }} more than of those on the other shards take long.',
      fault: 'half of the operations on one shard take 500 ms',
      window_share: '0.7',
      budget: 18,
      inhibited_by: a.held(['ObskitShardFailing'], [l.shard_set, l.shard]),
      panel: 'shards#slower',
      line: '<<param:share>>',
    }),
    a.alert('ObskitShardFailing', {
      group: 'siblings',
      judged: true,
      severity: 'critical',
      keep_firing_for: '1m',
      value: q.select('obskit:shard_failed:excess'),
      above: '<<param:share>>',
      params: { share: a.param('0.05', 0.01, 0.9, 'ratio', 'How much greater than that of its siblings the share that fails is, at least.') },
      summary: 'Operations on one shard fail more often than on the others.',
      description: 'Of the operations on shard {{ $labels.shard }} of {{ $labels.shard_set }}, at least {{ $value | humanizePercentage }} more than of those on the other shards fail.',
      fault: 'half of the operations on one shard fail',
      window_share: '0.7',
      budget: 18,
      unit: 'percentunit',
      legend: '{{%s}}/{{%s}}' % [l.shard_set, l.shard],
    }),
  ]
