// Recorded series of database connections: how many were waited for or created in a window, and how many of them slowly.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  // Two families of series, of the same shape.
  local family(name, metric, window) =
    local names = {
      pool: q.by([metric.labels.pool_name]),
      all: 'rate(%s[<<%s>>])' % [q.select(metric.count), window],
      quick: 'rate(%s[<<%s>>])' % [q.select(metric.bucket, 'le="0.25"'), window],
      seconds: '<<%s_count>>' % window,
      count: q.select('obskit:db_connection_%s:count' % name),
      slow: q.select('obskit:db_connection_%s_slow:count' % name),
    };
    [
      record('obskit:db_connection_%s:count' % name, 'sum by (%(pool)s) (%(all)s) * %(seconds)s' % names),
      record(
        'obskit:db_connection_%s_slow:count' % name,
        '%(count)s - sum by (%(pool)s) (%(quick)s) * %(seconds)s' % names
      ),
      record('obskit:db_connection_%s_slow:ratio' % name, 'clamp(%(slow)s / (%(count)s > 0), 0, 1)' % names),
    ];
  // Waits are many and some are slow in good health; creations are few and none is.
  family('wait', obskit.db.connection_wait_time, 'window_longest')
  + family('create', obskit.db.connection_create_time, 'window_long')
