local p = import 'lib/panel.libsonnet';

function(obskit)
  local db = obskit.db;
  local pool = db.connection_max.labels.pool_name;
  local rate(series) = 'rate(%s[$__rate_interval])' % p.own(series);
  local quantile(metric) =
    p.query('histogram_quantile(0.95, sum by (le, %s) (%s))' % [pool, rate(metric.bucket)], '{{%s}}' % pool, { exemplar: true });
  local latency(key, title, metric) = p.timeseries(key, title, '%s p95 by pool; the line is where the alert calls it slow.' % metric.brief, 's', [quantile(metric)], limits=p.above(0.25));
  {
    title: 'database',
    description: 'Connections of every pool: waiting for one, creating one, using one; and the queries. Databases: <<databases>>.',
    panels: [
      latency('wait', 'Waiting for a connection', db.connection_wait_time),
      latency('create', 'Creating a connection', db.connection_create_time),
      p.timeseries('use', 'Using a connection', '%s p95 by pool.' % db.connection_use_time.brief, 's', [quantile(db.connection_use_time)]),
      p.timeseries('connections', 'Connections', 'Connections in use, the most that the pools of all processes may open, and requests that wait.', 'short', [
        p.query('sum by (%s) (%s)' % [pool, p.fresh(db.connection_count.name, ', %s="used"' % db.connection_count.labels.state)], 'used {{%s}}' % pool),
        p.query('sum by (%s) (%s)' % [pool, p.fresh(db.connection_max.name)], 'max {{%s}}' % pool),
        p.query('sum by (%s) (%s)' % [pool, p.fresh(db.connection_pending_requests.name)], 'waiting {{%s}}' % pool),
      ]),
      p.timeseries('operations', 'Queries', '%s p95 by database and operation.' % db.operation_duration.brief, 's', [
        p.query(
          'histogram_quantile(0.95, sum by (le, %s, %s) (%s))' % [db.operation_duration.labels.namespace, db.operation_duration.labels.operation, rate(db.operation_duration.bucket)],
          '{{%s}} {{%s}}' % [db.operation_duration.labels.namespace, db.operation_duration.labels.operation],
          { exemplar: true }
        ),
      ]),
      p.timeseries('rate', 'Queries a second', 'Queries a second by database.', 'ops', [
        p.query('sum by (%s) (%s)' % [db.operation_duration.labels.namespace, rate(db.operation_duration.count)], '{{%s}}' % db.operation_duration.labels.namespace),
      ], stack=true),
      p.timeseries('failures', 'Failed queries', 'Queries a second that ended in an error, by its type.', 'ops', [
        p.query(
          'sum by (%s) (rate(%s[$__rate_interval]))' % [db.operation_duration.labels.error_type, p.own(db.operation_duration.count, ', %s!=""' % db.operation_duration.labels.error_type)],
          '{{%s}}' % db.operation_duration.labels.error_type
        ),
      ]),
    ],
  }
