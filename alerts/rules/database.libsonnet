// Recorded series of databases: of the events in a window, how many there were and which share of them was bad.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  local db = obskit.db;
  local pool = q.by([db.connection_max.labels.pool_name]);
  local database = q.by([db.operation_duration.labels.namespace]);
  // Events of a window: rate() sees one sample less than the window holds.
  local events(by, series, window, extra='') =
    'sum by (%s) (rate(%s[<<%s>>])) * <<%s_count>>' % [by, q.select(series, extra), window, window];
  local ratio(bad, all) = 'clamp(%s / (%s > 0), 0, 1)' % [q.select('obskit:db_%s:count' % bad), q.select('obskit:db_%s:count' % all)];
  // Of `all`, which is a record, those that `bad` counts.
  local share(all, bad, expr, group='') = [
    record('obskit:db_%s:count' % bad, expr, group),
    record('obskit:db_%s:ratio' % bad, ratio(bad, all), group),
  ];
  // Those of a histogram that took longer than a boundary.
  local slow(name, by, metric, window, boundary, group='') =
    [record('obskit:db_%s:count' % name, events(by, metric.count, window), group)]
    + share(
      name,
      name + '_slow',
      '%s - %s' % [q.select('obskit:db_%s:count' % name), events(by, metric.bucket, window, 'le="%s"' % boundary)],
      group
    );
  local each = q.by(['instance', db.connection_max.labels.pool_name]);
  local used = q.select(db.connection_count.name, '%s="used"' % db.connection_count.labels.state);

  slow('connection_wait', pool, db.connection_wait_time, 'window_long', '0.25')
  + slow('connection_create', pool, db.connection_create_time, 'window_long', '0.25')
  + [record('obskit:db_connection_request:count', events(pool, db.connection_wait_time.count, 'window'))]
  + share('connection_request', 'connection_failed', events(pool, db.connection_errors.name, 'window'))
  + [
    // Little's law: as many are out on average as are taken a second, times the seconds until they are returned. Those
    // that are out beyond that do not return. J. D. C. Little, Operations Research 9 (1961).
    record('obskit:db_connection_unreturned:mean', |||
      sum by (%(each)s) (avg_over_time(%(used)s[5m]))
      - (
        sum by (%(each)s) (rate(%(returned)s[5m]))
        or 0 * sum by (%(each)s) (avg_over_time(%(used)s[5m]))
      )
    ||| % { each: each, used: used, returned: q.select(db.connection_use_time.sum) }),
    // What is out is looked at now and then: how far the mean of that may be off.
    record('obskit:db_connection_unreturned:stderr', 'sum by (%s) (stddev_over_time(%s[5m]) / sqrt(count_over_time(%s[5m])))' % [each, used, used]),
  ]
  + slow('operation', database, db.operation_duration, 'window_long', '0.5', 'operations')
  + share(
    'operation',
    'operation_failed',
    events(database, db.operation_duration.count, 'window_long', '%s!=""' % db.operation_duration.labels.error_type),
    'operations'
  )
