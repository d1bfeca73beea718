// Alerts on the log lines of the service, in LogQL: Loki's ruler evaluates them.
local a = import 'lib/alert.libsonnet';

function(obskit)
  local t = obskit.telemetry;
  local names = {
    lines: '{%s="<<service>>", %s="<<namespace>>"}' % [t.log_service_name.name, t.log_namespace.name],
    errors: 'sum(count_over_time(%s | %s=~"ERROR|CRITICAL" [5m]))' % [self.lines, t.log_severity.name],
    pod: t.log_pod.name,
    type: t.log_exception_type.name,
    uncaught: '%s | %s="%s"' % [self.lines, t.log_logger.name, t.log_logger.values[0]],
  };
  local each = { language: 'logql', source: 'logs', latency_class: 'normal' };
  [
    a.alert('ObskitLogErrors', each {
      // Three sigma (Poisson) fewer than were counted: of a few lines a share says little.
      value: '(%(errors)s - 3 * %(errors)s ^ 0.5) / sum(count_over_time(%(lines)s[5m]))' % names,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: 'errors',
      params: { share: a.param('0.05', 0.001, 0.99, 'ratio', 'Share of errors among the log lines of five minutes that even the lower bound (three sigma) exceeds.') },
      summary: 'Many of the log lines of the service are errors.',
      description: 'At least {{ $value | humanizePercentage }} of the log lines of the last five minutes are errors.',
      fault: 'half of the log lines are errors',
      window_share: '0.25',
      budget: 137,
    }),
    a.alert('ObskitLogUncaughtException', each {
      value: 'sum by (%(pod)s, %(type)s) (count_over_time(%(uncaught)s [<<log_window>>]))' % names,
      above: '0',
      unit: 'short',
      legend: '{{%(pod)s}}: {{%(type)s}}' % names,
      summary: 'An exception that nobody caught ended a thread or a process.',
      description: '{{ $labels.%(type)s }} in pod {{ $labels.%(pod)s }}, caught by nobody, ended a thread or the process: {{ $value }} times.' % names,
      fault: 'an exception ends a thread',
      window_share: '0',
      budget: 62,
    }),
    a.alert('ObskitLogLinesStopped', each {
      latency_class: 'slow',
      value: |||
        sum(count_over_time(%(lines)s[30m] offset 5m))
        unless sum(count_over_time(%(lines)s[5m]))
      ||| % names,
      above: '<<param:lines>>',
      unit: 'short',
      legend: 'lines before',
      params: { lines: a.param('300', 10, 1000000, 'lines', 'Lines in half an hour after which five minutes without any are no chance.') },
      summary: 'No log line of the service reaches Loki any more.',
      description: 'There is no log line of the last five minutes; in the half hour before there were {{ $value }}.',
      fault: 'no log line reaches Loki any more',
      window_share: '1',
      budget: 362,
    }),
  ]
