local p = import 'lib/panel.libsonnet';

function(obskit)
  local shards = obskit.shards;
  local l = shards.operations.labels;
  local duration = shards.operation_duration;
  local rate(series, extra='') = 'rate(%s[$__rate_interval])' % p.own(series, extra);
  local legend = '{{%s}}/{{%s}}' % [l.shard_set, l.shard];
  {
    title: 'shards',
    description: 'Which shard is asked how often, against its usual share, how long it takes and how often it fails; the maps in use; operations on wrong shards.',
    panels: [
      p.table('maps', 'Maps in use', 'Processes by the hash of their map: more than one hash of a version is a misconfiguration.', [
        p.query('count by (%s, %s, %s) (%s)' % [shards.map_info.labels.shard_set, shards.map_info.labels.version, shards.map_info.labels.hash, p.fresh(shards.map_info.name)]),
      ]),
      p.timeseries('odds', 'Odds against usual', 'Odds of each shard against its learnt odds; the lines are where a shard is starved and where it is hot.', 'short', [
        p.query('exp(%s - %s)' % [p.own('obskit:shard_logodds'), p.own('obskit:shard_logodds:mean')], legend),
      ], limits=p.between(p.param('ObskitShardStarved', 'odds'), p.param('ObskitShardHot', 'odds'))),
      p.timeseries('even', 'Odds against an even share', 'Odds of each shard against an even share, which decide while nothing is learnt.', 'short', [
        p.query(p.own('obskit:shard_odds:even'), legend),
      ], limits=p.between(p.param('ObskitShardStarvedColdStart', 'odds'), p.param('ObskitShardHotColdStart', 'odds'))),
      p.timeseries('odds_long', 'Odds against usual, over a minute', 'The same over a longer window, for shards that are seldom asked.', 'short', [
        p.query('exp(%s - %s)' % [p.own('obskit:shard_long_logodds'), p.own('obskit:shard_long_logodds:mean')], legend),
      ], limits=p.between(p.param('ObskitShardStarvedLowTraffic', 'odds'), p.param('ObskitShardHotLowTraffic', 'odds'))),
      p.timeseries('operations', 'Operations', shards.operations.brief, 'ops', [p.query('sum by (%s, %s) (%s)' % [l.shard_set, l.shard, rate(shards.operations.name)], legend)], stack=true),
      p.bars('share', 'Share', 'Share of each shard of the operations of its set, now.', 'percentunit', [
        p.query('sum by (%s, %s) (%s) / on (%s) group_left () sum by (%s) (%s)' % [l.shard_set, l.shard, rate(shards.operations.name), l.shard_set, l.shard_set, rate(shards.operations.name)], legend),
      ]),
      p.timeseries('duration', 'Duration', 'Durations of operations by shard, p95.', 's', [
        p.query('histogram_quantile(0.95, sum by (le, %s, %s) (%s))' % [l.shard_set, l.shard, rate(duration.bucket)], legend),
      ]),
      p.timeseries('slower', 'Slower than the others', 'How much greater than of the other shards the share of operations over 250 ms, and over 50 ms, is at least; the line is for those over 250 ms.', 'percentunit', [
        p.query(p.own('obskit:shard_over_250ms:excess'), legend),
        p.query(p.own('obskit:shard_over_50ms:excess'), '%s (50 ms)' % legend),
      ], limits=p.above(p.param('ObskitShardSlow', 'share'))),
      p.timeseries('errors', 'Errors', 'Share of the operations on each shard that an exception ended.', 'percentunit', [
        p.query('sum by (%s, %s) (%s) / sum by (%s, %s) (%s)' % [l.shard_set, l.shard, rate(duration.count, ', %s!=""' % duration.labels.error_type), l.shard_set, l.shard, rate(duration.count)], legend),
      ]),
      p.timeseries('moved', 'Moved traffic', 'Share of the traffic that is on another shard than usual.', 'percentunit', [p.query(p.own('obskit:shard_moved:ratio'), '{{%s}}' % l.shard_set)], limits=p.above(p.param('ObskitShardTrafficMoved', 'share'))),
      p.timeseries('count', 'Shards', 'Shards in the maps, and shards that have series.', 'short', [
        p.query('max by (%s) (%s)' % [l.shard_set, p.fresh(shards.map_shards.name)], 'map {{%s}}' % l.shard_set),
        p.query('count by (%s) (count by (%s, %s) (%s))' % [l.shard_set, l.shard_set, l.shard, rate(shards.operations.name)], 'series {{%s}}' % l.shard_set),
      ], width=24),
    ],
  }
