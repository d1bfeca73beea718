// Recorded series of the operations on one shard against those on the others of its set: the share that fails, and that
// takes long, and how much greater it is at least.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local duration = obskit.shards.operation_duration;
  local set = q.by([duration.labels.shard_set]);
  local shard = q.by([duration.labels.shard_set, duration.labels.shard]);
  local group = 'siblings';
  local timed = q.select('obskit:shard_timed:count');
  local events(series, extra='') = 'sum by (%s) (rate(%s[<<window>>])) * <<window_count>>' % [shard, q.select(series, extra)];
  // What the shards of a set have together, without each of them.
  local others(series) = 'sum by (%s) (%s) - on (%s) group_right () %s' % [set, series, set, series];
  local excess(kind, bad) = {
    local named(what) = 'obskit:shard_%s:%s' % [kind, what],
    local series(what) = q.select(named(what)),
    records: [
      record(named('count'), bad, group),
      record(named('ratio'), 'clamp(%s / (%s > 0), 0, 1)' % [series('count'), timed], group),
      record(named('siblings'), 'clamp((%s) / (%s > 0), 0, 1)' % [others(series('count')), q.select('obskit:shard_timed:siblings')], group),
      record(
        named('excess'),
        q.wilson(timed, series('ratio')) + '- ' + q.wilson(q.select('obskit:shard_timed:siblings'), series('siblings'), '+'),
        group
      ),
    ],
  }.records;
  local longer(boundary) = '%s - %s' % [timed, events(duration.bucket, 'le="%s"' % boundary)];
  [
    record('obskit:shard_timed:count', events(duration.count), group),
    record('obskit:shard_timed:siblings', others(timed), group),
  ]
  + excess('failed', events(duration.count, '%s!=""' % duration.labels.error_type))
  + excess('over_50ms', longer('0.05'))
  + excess('over_250ms', longer('0.25'))
