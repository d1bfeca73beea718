// Alerts on databases: waiting for a connection of a pool, making one, having none left; and on the operations themselves.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local db = obskit.db;
  local pool = db.connection_max.labels.pool_name;
  local namespace = db.operation_duration.labels.namespace;
  local state = db.connection_count.labels.state;
  local each = q.by(['instance', pool]);
  // What is certain of a share of events: p99 at one a second is noise.
  local certain(all, bad) = q.wilson(q.select('obskit:db_%s:count' % all), q.select('obskit:db_%s:ratio' % bad));
  local several(bad) = '%s >= <<param:minimum>>' % q.select('obskit:db_%s:count' % bad);
  local slow(name) = '%s > <<param:share>>\nand %s' % [certain(name, name + '_slow'), several(name + '_slow')];
  local params(share, minimum, unit, bad) = {
    share: a.param(share, 0.001, 0.9, 'ratio', 'Share of %s ones that even the lower bound (three sigma) exceeds.' % bad),
    minimum: a.param(minimum, 1, 1000, unit, '%s ones in the window, at the least.' % (std.asciiUpper(bad[0]) + bad[1:])),
  };
  [
    a.alert('ObskitDatabaseConnectionWaitSlow', {
      judged: true,
      keep_firing_for: '1m',
      expr: slow('connection_wait'),
      params: params('0.03', '4', 'requests', 'slow'),
      summary: 'Requests wait long for a database connection.',
      description: 'At least {{ $value | humanizePercentage }} of the requests for a connection of pool {{ $labels.%s }} waited longer than 250 ms.' % pool,
      fault: 'half of the requests for a connection wait 500 ms',
      window_share: '0.4',
      budget: 21,
      inhibited_by: a.held([
        'ObskitDatabaseConnectionErrors',
        'ObskitDatabaseConnectionCreateSlow',
        'ObskitDatabasePoolExhausted',
        'ObskitDatabaseConnectionTimeouts',
      ], [pool]),
      panel: 'database#wait',
      line: '0.25',
    }),
    a.alert('ObskitDatabaseConnectionCreateSlow', {
      judged: true,
      keep_firing_for: '1m',
      expr: slow('connection_create'),
      params: params('0.1', '3', 'connections', 'slow'),
      summary: 'Database connections are slow to create.',
      description: 'At least {{ $value | humanizePercentage }} of the new connections of pool {{ $labels.%s }} took longer than 250 ms.' % pool,
      fault: 'every new connection takes 500 ms',
      window_share: '0.4',
      budget: 21,
      inhibited_by: a.held(['ObskitDatabaseConnectionErrors'], [pool]),
      panel: 'database#create',
      line: '0.25',
    }),
    a.alert('ObskitDatabaseConnectionErrors', {
      judged: true,
      severity: 'critical',
      keep_firing_for: '1m',
      value: certain('connection_request', 'connection_failed'),
      above: '<<param:share>>',
      guard: several('connection_failed'),
      params: params('0.05', '3', 'requests', 'failed'),
      summary: 'Database connections cannot be made.',
      description: 'At least {{ $value | humanizePercentage }} of the requests for a connection of pool {{ $labels.%s }} end in an error.' % pool,
      fault: 'half of the requests for a connection fail',
      window_share: '0.5',
      budget: 16,
      unit: 'percentunit',
      legend: '{{%s}}' % pool,
    }),
    a.alert('ObskitDatabasePoolExhausted', {
      severity: 'critical',
      // Each process by itself: `for` would add up short bursts of several, of which now one and now another has one.
      expr: |||
        max by (%(group)s) (
          min_over_time(%(pending)s[<<window>>]) > 0
          and on (%(each)s) (min_over_time(%(used)s[<<window>>]) >= on (%(each)s) %(max)s)
          and on (%(each)s) count_over_time(%(pending)s[<<window>>]) >= 2
        )
      ||| % {
        group: q.by([pool]),
        each: each,
        pending: q.select(db.connection_pending_requests.name),
        used: q.select(db.connection_count.name, '%s="used"' % state),
        max: q.fresh(db.connection_max.name),
      },
      summary: 'A connection pool is used up and requests wait.',
      description: 'At every sample of <<window>> {{ $value }} requests of one process or more waited for a connection of pool {{ $labels.%s }}, and all that it may open were in use.' % pool,
      fault: 'every connection of a pool is held',
      window_share: '1',
      budget: 21,
      panel: 'database#connections',
      no_line: 'what the pools may open at most is a series itself',
    }),
    a.alert('ObskitDatabaseConnectionTimeouts', {
      severity: 'critical',
      keep_firing_for: '1m',
      // Not increase(), which would make two of one.
      value: 'sum by (%s) (rate(%s[<<window>>])) * <<window_count>>' % [q.by([pool]), q.select(db.connection_timeouts.name)],
      above: '<<param:timeouts>>',
      unit: 'short',
      legend: '{{%s}}' % pool,
      params: { timeouts: a.param('0', 0, 1000, 'requests', 'Requests given up in the window that are borne.') },
      summary: 'Requests for a database connection ran into the time limit of the pool.',
      description: '{{ $value | printf "%%.0f" }} requests for a connection of pool {{ $labels.%s }} were given up.' % pool,
      fault: 'one request for a connection runs into the time limit',
      window_share: '0',
      budget: 11,
    }),
    a.alert('ObskitDatabaseConnectionsLeaked', {
      judged: true,
      'for': '5m',
      keep_firing_for: '5m',
      latency_class: 'slow',
      // Of processes that were there all the while: of few samples neither mean is worth much.
      value: |||
        max by (%(group)s) (
          %(mean)s > 3 * %(stderr)s
          and on (%(each)s) %(now)s
          and on (%(each)s) %(before)s
        )
      ||| % {
        group: q.by([pool]),
        each: each,
        mean: q.select('obskit:db_connection_unreturned:mean'),
        stderr: q.select('obskit:db_connection_unreturned:stderr'),
        now: q.fresh(db.connection_count.name, '%s="used"' % state),
        before: 'last_over_time(%s[<<window>>] offset 5m)' % q.select(db.connection_count.name, '%s="used"' % state),
      },
      above: '<<param:connections>>',
      params: { connections: a.param('0.8', 0.5, 1000, 'connections', 'Connections of one process that are out and do not return.') },
      summary: 'Database connections are borrowed and not returned.',
      description: 'A process holds {{ $value | printf "%%.1f" }} connections of pool {{ $labels.%s }} that have not been returned for minutes.' % pool,
      fault: 'a process that has a tenth of a connection in use on average never returns one',
      window_share: '0.9',
      budget: 607,
      unit: 'short',
      legend: '{{%s}}' % pool,
    }),
    a.alert('ObskitDatabaseOperationsSlow', {
      group: 'operations',
      judged: true,
      keep_firing_for: '1m',
      value: certain('operation', 'operation_slow'),
      above: '<<param:share>>',
      guard: several('operation_slow'),
      params: params('0.1', '5', 'operations', 'slow'),
      summary: 'Database operations are slow.',
      description: 'At least {{ $value | humanizePercentage }} of the operations on database {{ $labels.%s }} took longer than 500 ms.' % namespace,
      fault: 'half of the operations on a database take a second',
      window_share: '0.4',
      budget: 21,
      unit: 'percentunit',
      legend: '{{%s}}' % namespace,
    }),
    a.alert('ObskitDatabaseOperationsFailing', {
      group: 'operations',
      judged: true,
      severity: 'critical',
      keep_firing_for: '1m',
      value: certain('operation', 'operation_failed'),
      above: '<<param:share>>',
      guard: several('operation_failed'),
      params: params('0.05', '5', 'operations', 'failed'),
      summary: 'Database operations fail.',
      description: 'At least {{ $value | humanizePercentage }} of the operations on database {{ $labels.%s }} ended in an error.' % namespace,
      fault: 'half of the operations on a database fail',
      window_share: '0.4',
      budget: 21,
      unit: 'percentunit',
      legend: '{{%s}}' % namespace,
    }),
  ]
