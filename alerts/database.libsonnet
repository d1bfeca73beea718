// Alerts on database connections, pool by pool: waiting for one, creating one, having none left.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local db = obskit.db;
  local pool = db.connection_max.labels.pool_name;
  local state = db.connection_count.labels.state;
  // Slow when even the lower bound of the share of slow ones is above the threshold: p99 at one a second is noise.
  local slow(name) =
    local n = q.select('obskit:db_connection_%s:count' % name);
    local p = q.select('obskit:db_connection_%s_slow:ratio' % name);
    '%s > <<param:share>>\nand %s >= <<param:minimum>>' % [
      q.wilson(n, p),
      q.select('obskit:db_connection_%s_slow:count' % name),
    ];
  local params(share) = {
    share: a.param(share, 0.001, 0.9, 'ratio', 'Share of slow ones that even the lower bound (three sigma) exceeds.'),
    minimum: a.param('3', 1, 1000, 'connections', 'Slow ones in the window, at the least.'),
  };
  local each = q.by(['instance', pool]);
  [
    a.alert('ObskitDatabaseConnectionWaitSlow', {
      'for': '5s',
      keep_firing_for: '1m',
      expr: slow('wait'),
      params: params('0.02'),
      summary: 'Requests wait long for a database connection.',
      description: 'At least {{ $value | humanizePercentage }} of the requests for a connection of pool {{ $labels.%s }} waited longer than 250 ms.' % pool,
      fault: 'half of the requests for a connection wait 500 ms',
      window_share: '0.2',
      budget: 27,
      panel: 'database#wait',
    }),
    a.alert('ObskitDatabaseConnectionCreateSlow', {
      'for': '5s',
      keep_firing_for: '1m',
      expr: slow('create'),
      params: params('0.1'),
      summary: 'Database connections are slow to create.',
      description: 'At least {{ $value | humanizePercentage }} of the new connections of pool {{ $labels.%s }} took longer than 250 ms.' % pool,
      fault: 'every new connection takes 500 ms',
      window_share: '0.4',
      budget: 26,
      panel: 'database#create',
    }),
    a.alert('ObskitDatabasePoolExhausted', {
      'for': '5s',
      severity: 'critical',
      expr: |||
        max by (%(group)s) (
          %(pending)s > 0
          and on (%(each)s) (%(used)s >= on (%(each)s) %(max)s)
        )
      ||| % {
        group: q.by([pool]),
        each: each,
        pending: q.fresh(db.connection_pending_requests.name),
        used: q.fresh(db.connection_count.name, '%s="used"' % state),
        max: q.fresh(db.connection_max.name),
      },
      summary: 'A connection pool is used up and requests wait.',
      description: '{{ $value }} requests of one process wait for a connection of pool {{ $labels.%s }}, and all that it may open are in use.' % pool,
      fault: 'every connection of a pool is held',
      window_share: '0',
      budget: 16,
      panel: 'database#connections',
    }),
    a.alert('ObskitDatabaseConnectionTimeouts', {
      severity: 'critical',
      keep_firing_for: '1m',
      // Not increase(), which would make two of one.
      expr: 'sum by (%s) (rate(%s[<<window>>])) * <<window_count>> > <<param:timeouts>>' % [q.by([pool]), q.select(db.connection_timeouts.name)],
      params: { timeouts: a.param('0', 0, 1000, 'requests', 'Requests given up in the window that are borne.') },
      summary: 'Requests for a database connection ran into the time limit of the pool.',
      description: '{{ $value | printf "%%.0f" }} requests for a connection of pool {{ $labels.%s }} were given up.' % pool,
      fault: 'one request for a connection runs into the time limit',
      window_share: '0',
      budget: 11,
      panel: 'database#timeouts',
    }),
  ]
