// Recorded series of database connections: how many were waited for or created in a window, and how many of them slowly.
local q = import '../lib/promql.libsonnet';
local record = (import '../lib/alert.libsonnet').record;

function(obskit)
  // Two families of series, of the same shape.
  local family(name, metric) =
    local names = {
      pool: q.by([metric.labels.pool_name]),
      all: 'rate(%s[<<window_long>>])' % q.select(metric.count),
      quick: 'rate(%s[<<window_long>>])' % q.select(metric.bucket, 'le="0.25"'),
      count: q.select('obskit:db_connection_%s:count' % name),
      slow: q.select('obskit:db_connection_%s_slow:count' % name),
    };
    [
      record('obskit:db_connection_%s:count' % name, 'sum by (%(pool)s) (%(all)s) * <<window_long_count>>' % names),
      record(
        'obskit:db_connection_%s_slow:count' % name,
        '%(count)s - sum by (%(pool)s) (%(quick)s) * <<window_long_count>>' % names
      ),
      record('obskit:db_connection_%s_slow:ratio' % name, 'clamp(%(slow)s / (%(count)s > 0), 0, 1)' % names),
    ];
  family('wait', obskit.db.connection_wait_time) + family('create', obskit.db.connection_create_time)
